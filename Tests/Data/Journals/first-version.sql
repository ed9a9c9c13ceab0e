-- A journal as the first build that kept one wrote it: every event in its first version. Read as text, bytes are UTF-8.
-- Never change it: the graph that it recovers to is stated in first-version.graph.txt.
CREATE TABLE [journal]
(
	[ordering]        INTEGER        NOT NULL PRIMARY KEY AUTOINCREMENT,
	[created]         BigInt         NOT NULL,
	[deleted]         Bit            NOT NULL,
	[persistence_id]  NVarChar(255)  NOT NULL,
	[sequence_number] BigInt         NOT NULL,
	[message]         VarBinary      NOT NULL,
	[manifest]        NVarChar(500)      NULL,
	[identifier]      INTEGER            NULL,
	[writer_uuid]     NVarChar(128)      NULL
);
CREATE TABLE [snapshot]
(
	[persistence_id]  NVarChar(255) NOT NULL,
	[sequence_number] BigInt        NOT NULL,
	[created]         BigInt        NOT NULL,
	[snapshot]        VarBinary         NULL,
	[manifest]        NVarChar(500)     NULL,
	[serializer_id]   INTEGER           NULL,

	CONSTRAINT [PK_snapshot] PRIMARY KEY ([persistence_id], [sequence_number])
);
CREATE TABLE [tags]
(
	[ordering_id]    INTEGER       NOT NULL,
	[tag]            NVarChar(64)  NOT NULL,
	[sequence_nr]    INTEGER       NOT NULL,
	[persistence_id] NVarChar(255) NOT NULL,

	CONSTRAINT [PK_tags] PRIMARY KEY ([ordering_id], [tag])
);
CREATE INDEX journal_created_idx ON journal (created);
CREATE INDEX journal_sequence_number_idx ON journal (sequence_number);
CREATE UNIQUE INDEX journal_uq ON journal (persistence_id, sequence_number);
CREATE INDEX snapshot_created_idx ON snapshot (created);
CREATE INDEX snapshot_sequence_number_idx ON snapshot (sequence_number);
CREATE INDEX tags_persistence_id_sequence_nr_idx ON tags (persistence_id, sequence_nr);
CREATE INDEX tags_tag_idx ON tags (tag);
INSERT INTO journal VALUES (1, 639312683995294573, 0, 'iommu/contexts', 1,
    CAST('{"name":"guest"}' AS BLOB), 'context-opened.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (2, 639312683995788492, 0, 'iommu/context/guest', 1,
    CAST('{"name":"first-dev0","id":1}' AS BLOB), 'device-bound.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (3, 639312683995906051, 0, 'iommu/context/guest', 2,
    CAST('{"stream":"iommu/ioas/guest/2.1","id":2}' AS BLOB), 'ioas-allocated.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (4, 639312683995987520, 0, 'iommu/context/guest', 3,
    CAST('{"ioas":2,"deviceName":"first-dev0","flags":1,"auto":false,"id":3}' AS BLOB), 'hwpt-paging-allocated.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (5, 639312683996043380, 0, 'iommu/context/guest', 4,
    CAST('{"hwpt":3,"deviceName":"first-dev0","viommuType":1,"data":"","id":4}' AS BLOB), 'viommu-allocated.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (6, 639312684005501746, 0, 'iommu/context/guest', 5,
    CAST('{"viommu":4,"device":1,"virtualId":5,"id":5}' AS BLOB), 'vdevice-allocated.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (7, 639312684005751873, 0, 'iommu/context/guest', 6,
    CAST('{"viommu":4,"dataType":2,"data":"AAAAAAAAAAAAAAAAAAAAAA==","id":6}' AS BLOB), 'hwpt-nested-allocated.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (8, 639312684005861614, 0, 'iommu/context/guest', 7,
    CAST('{"device":1,"hwpt":6}' AS BLOB), 'device-attached.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (9, 639312684005997829, 0, 'iommu/ioas/guest/2.1', 1,
    CAST('{"iova":65536,"lengthBytes":16384,"userAddress":1048576,"access":3}' AS BLOB), 'area-mapped.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (10, 639312684006115837, 0, 'iommu/ioas/guest/2.1', 2,
    CAST('{"iova":262144,"lengthBytes":8192,"userAddress":1048576,"access":3}' AS BLOB), 'area-mapped.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (11, 639312684006125263, 0, 'iommu/ioas/guest/2.1', 3,
    CAST('{"iova":524288,"lengthBytes":4096,"userAddress":16777216,"access":3}' AS BLOB), 'area-mapped.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (12, 639312684006189877, 0, 'iommu/ioas/guest/2.1', 4,
    CAST('{"iova":262144,"lengthBytes":8192}' AS BLOB), 'areas-unmapped.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (13, 639312684006209766, 0, 'iommu/context/guest', 8,
    CAST('{"stream":"iommu/ioas/guest/7.7","id":7}' AS BLOB), 'ioas-allocated.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (14, 639312684006229526, 0, 'iommu/context/guest', 9,
    CAST('{"id":7}' AS BLOB), 'object-destroyed.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (15, 639312684006270287, 0, 'iommu/context/guest', 10,
    CAST('{"name":"first-dev1","id":7}' AS BLOB), 'device-bound.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (16, 639312684006288769, 0, 'iommu/context/guest', 11,
    CAST('{"viommu":4,"device":7,"virtualId":77,"id":8}' AS BLOB), 'vdevice-allocated.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (17, 639312684006309636, 0, 'iommu/context/guest', 12,
    CAST('{"id":8}' AS BLOB), 'vdevice-tombstoned.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (18, 639312684006329286, 0, 'iommu/context/guest', 13,
    CAST('{"id":7}' AS BLOB), 'object-destroyed.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (19, 639312684006337296, 0, 'iommu/context/guest', 14,
    CAST('{"name":"second-dev0","id":7}' AS BLOB), 'device-bound.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (20, 639312684006342748, 0, 'iommu/context/guest', 15,
    CAST('{"stream":"iommu/ioas/guest/9.14","id":9}' AS BLOB), 'ioas-allocated.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (21, 639312684006356182, 0, 'iommu/context/guest', 16,
    CAST('{"ioas":9,"deviceName":"second-dev0","flags":0,"auto":true,"id":10}' AS BLOB), 'hwpt-paging-allocated.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (22, 639312684006367674, 0, 'iommu/context/guest', 17,
    CAST('{"device":7,"hwpt":10}' AS BLOB), 'device-attached.v1', 7301, '2ad2198d80814f0582eff1ea0dc70f1c');
INSERT INTO journal VALUES (23, 639312684006788775, 0, 'iommu/contexts', 2,
    CAST('{"name":"closed"}' AS BLOB), 'context-opened.v1', 7301, '4d964090e4004e0d92d998493207ae19');
INSERT INTO journal VALUES (24, 639312684006883167, 0, 'iommu/context/closed', 1,
    CAST('{"name":"second-dev1","id":1}' AS BLOB), 'device-bound.v1', 7301, '4d964090e4004e0d92d998493207ae19');
INSERT INTO journal VALUES (25, 639312684006889833, 0, 'iommu/context/closed', 2,
    CAST('{"stream":"iommu/ioas/closed/2.1","id":2}' AS BLOB), 'ioas-allocated.v1', 7301, '4d964090e4004e0d92d998493207ae19');
INSERT INTO journal VALUES (26, 639312684006898909, 0, 'iommu/context/closed', 3,
    CAST('{"ioas":2,"deviceName":"second-dev1","flags":0,"auto":true,"id":3}' AS BLOB), 'hwpt-paging-allocated.v1', 7301, '4d964090e4004e0d92d998493207ae19');
INSERT INTO journal VALUES (27, 639312684006905227, 0, 'iommu/context/closed', 4,
    CAST('{"device":1,"hwpt":3}' AS BLOB), 'device-attached.v1', 7301, '4d964090e4004e0d92d998493207ae19');
INSERT INTO journal VALUES (28, 639312684006910276, 0, 'iommu/ioas/closed/2.1', 1,
    CAST('{"iova":65536,"lengthBytes":4096,"userAddress":1048576,"access":3}' AS BLOB), 'area-mapped.v1', 7301, '4d964090e4004e0d92d998493207ae19');
INSERT INTO journal VALUES (29, 639312684006920911, 0, 'iommu/context/closed', 5,
    CAST('{"device":1}' AS BLOB), 'device-detached.v1', 7301, '4d964090e4004e0d92d998493207ae19');
INSERT INTO journal VALUES (30, 639312684006973382, 0, 'iommu/context/closed', 6,
    CAST('{"id":3}' AS BLOB), 'object-destroyed.v1', 7301, '4d964090e4004e0d92d998493207ae19');
INSERT INTO journal VALUES (31, 639312684007033980, 0, 'iommu/context/closed', 7,
    CAST('{"id":1}' AS BLOB), 'object-destroyed.v1', 7301, '4d964090e4004e0d92d998493207ae19');
INSERT INTO journal VALUES (32, 639312684007056907, 0, 'iommu/context/closed', 8,
    CAST('{"id":2}' AS BLOB), 'object-destroyed.v1', 7301, '4d964090e4004e0d92d998493207ae19');
INSERT INTO journal VALUES (33, 639312684007074380, 0, 'iommu/contexts', 3,
    CAST('{"name":"closed"}' AS BLOB), 'context-closed.v1', 7301, '4d964090e4004e0d92d998493207ae19');
