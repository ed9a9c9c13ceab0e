/*
 * The part of linux/iommufd.h, and of the selftest's commands, that the conformance program calls: written from the layouts, because a
 * machine's own headers may be older than they are.
 */
#ifndef CONFORMANCE_UAPI_H
#define CONFORMANCE_UAPI_H

#include <stdint.h>
#include <sys/ioctl.h>

#define IOMMU_DESTROY _IO(';', 0x80)
#define IOMMU_IOAS_ALLOC _IO(';', 0x81)
#define IOMMU_IOAS_MAP _IO(';', 0x85)
#define IOMMU_IOAS_UNMAP _IO(';', 0x86)
#define IOMMU_HWPT_ALLOC _IO(';', 0x89)
#define IOMMU_FAULT_QUEUE_ALLOC _IO(';', 0x8e)
#define IOMMU_IOAS_MAP_FILE _IO(';', 0x8f)
#define IOMMU_VIOMMU_ALLOC _IO(';', 0x90)
#define IOMMU_TEST_CMD _IO(';', 0xa0)
#define VFIO_GET_API_VERSION _IO(';', 100)
#define VFIO_CHECK_EXTENSION _IO(';', 101)

struct destroy {
	uint32_t size, id;
};

struct ioas_alloc {
	uint32_t size, flags, out_ioas_id;
};

enum { MAP_FIXED_IOVA = 1, MAP_WRITEABLE = 2, MAP_READABLE = 4 };

struct ioas_map {
	uint32_t size, flags, ioas_id, reserved;
	uint64_t user_va, length, iova;
};

struct ioas_map_file {
	uint32_t size, flags, ioas_id;
	int32_t fd;
	uint64_t start, length, iova;
};

struct ioas_unmap {
	uint32_t size, ioas_id;
	uint64_t iova, length;
};

enum { HWPT_NEST_PARENT = 1, HWPT_FAULT_ID_VALID = 4, HWPT_DATA_NONE = 0, HWPT_DATA_SELFTEST = (int)0xdead };

struct hwpt_alloc {
	uint32_t size, flags, dev_id, pt_id, out_hwpt_id, reserved, data_type, data_len;
	uint64_t data_uptr;
	uint32_t fault_id, reserved2;
};

struct fault_alloc {
	uint32_t size, flags, out_fault_id, out_fault_fd;
};

struct fault {
	uint32_t flags, dev_id, pasid, grpid, perm, reserved;
	uint64_t addr;
	uint32_t length, cookie;
};

struct fault_response {
	uint32_t cookie, code;
};

#define VIOMMU_SELFTEST 0xdeadbeefu

struct viommu_alloc {
	uint32_t size, flags, type, dev_id, hwpt_id, out_viommu_id, data_len, reserved;
	uint64_t data_uptr;
};

struct viommu_selftest {
	uint32_t in_data, out_data;
	uint64_t out_mmap_offset, out_mmap_length;
};

enum {
	TEST_MOCK_DOMAIN = 2,
	TEST_MD_CHECK_MAP = 3,
	TEST_MD_CHECK_REFS = 4,
	TEST_CREATE_ACCESS = 5,
	TEST_ACCESS_RW = 8,
	TEST_MOCK_DOMAIN_REPLACE = 10,
	TEST_TRIGGER_IOPF = 15,
	TEST_DMABUF_GET = 22
};

struct test_cmd {
	uint32_t size, op, id, reserved;
	union {
		struct {
			uint32_t out_stdev_id, out_hwpt_id, out_idev_id;
		} mock_domain;
		struct {
			uint64_t iova, length, uptr;
		} check_map;
		struct {
			uint64_t length, uptr;
			uint32_t refs;
		} check_refs;
		struct {
			uint32_t out_access_fd, flags;
		} create_access;
		struct {
			uint64_t iova, length, uptr;
			uint32_t flags;
		} access_rw;
		struct {
			uint32_t dev_id, pasid, grpid, perm;
			uint64_t addr;
		} trigger_iopf;
		struct {
			uint32_t length, open_flags;
		} dmabuf_get;
		uint32_t word;
		uint32_t last[14];
	};
};

#endif
