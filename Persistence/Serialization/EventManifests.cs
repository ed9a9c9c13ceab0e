using Iommu.Persistence.Events;

namespace Iommu.Persistence.Serialization;

/// <summary>
/// The name of every event in a journal. A name and the fields behind it are frozen: a changed event gets a new version and
/// the old name stays readable.
/// </summary>
public static class EventManifests
{
    private static readonly (string Manifest, Type Type)[] Table =
    [
        ("device-bound.v2", typeof(DeviceBound)),
        ("ioas-allocated.v1", typeof(IoasAllocated)),
        ("hwpt-paging-allocated.v2", typeof(HwptPagingAllocated)),
        ("hwpt-nested-allocated.v2", typeof(HwptNestedAllocated)),
        ("viommu-allocated.v1", typeof(ViommuAllocated)),
        ("vdevice-allocated.v1", typeof(VdeviceAllocated)),
        ("fault-queue-allocated.v1", typeof(FaultQueueAllocated)),
        ("veventq-allocated.v1", typeof(VeventqAllocated)),
        ("veventq-sequence-reserved.v1", typeof(VeventqSequenceReserved)),
        ("hw-queue-allocated.v1", typeof(HwQueueAllocated)),
        ("access-created.v1", typeof(AccessCreated)),
        ("selftest-created.v1", typeof(SelftestCreated)),
        ("object-destroyed.v1", typeof(ObjectDestroyed)),
        ("vdevice-tombstoned.v1", typeof(VdeviceTombstoned)),
        ("tombstones-cleared.v1", typeof(TombstonesCleared)),
        ("device-attached.v2", typeof(DeviceAttached)),
        ("device-detached.v2", typeof(DeviceDetached)),
        ("dirty-tracking-set.v1", typeof(DirtyTrackingSet)),
        ("access-attached.v1", typeof(AccessAttached)),
        ("access-detached.v1", typeof(AccessDetached)),
        ("rlimit-mode-set.v1", typeof(RlimitModeSet)),
        ("vfio-ioas-set.v1", typeof(VfioIoasSet)),
        ("vfio-no-iommu-set.v1", typeof(VfioNoIommuSet)),
        ("area-mapped.v3", typeof(AreaMapped)),
        ("areas-unmapped.v1", typeof(AreasUnmapped)),
        ("area-cut.v1", typeof(AreaCut)),
        ("pages-revoked.v1", typeof(PagesRevoked)),
        ("iovas-allowed.v1", typeof(IovasAllowed)),
        ("iovas-reserved.v1", typeof(IovasReserved)),
        ("large-pages-set.v1", typeof(LargePagesSet)),
        ("context-opened.v1", typeof(ContextOpened)),
        ("context-closed.v1", typeof(ContextClosed)),
    ];

    /// <summary>Manifests of earlier versions. A field that one of them lacks has the value that its type's declaration gives it.</summary>
    private static readonly (string Manifest, Type Type)[] Earlier =
    [
        ("device-bound.v1", typeof(DeviceBound)),
        ("hwpt-paging-allocated.v1", typeof(HwptPagingAllocated)),
        ("hwpt-nested-allocated.v1", typeof(HwptNestedAllocated)),
        ("device-attached.v1", typeof(DeviceAttached)),
        ("device-detached.v1", typeof(DeviceDetached)),
        ("area-mapped.v1", typeof(AreaMapped)),
        ("area-mapped.v2", typeof(AreaMapped)),
    ];

    private static readonly Dictionary<Type, string> ByType = Table.ToDictionary(row => row.Type, row => row.Manifest);
    private static readonly Dictionary<string, Type> ByManifest = Table.Concat(Earlier).ToDictionary(row => row.Manifest, row => row.Type);

    public static IEnumerable<Type> Types => ByType.Keys;

    /// <summary>Every manifest that can be read, of this version and of earlier ones.</summary>
    public static IEnumerable<string> All => ByManifest.Keys;

    /// <exception cref="ArgumentException">The type is no event of this journal.</exception>
    public static string Of(Type type) =>
        ByType.TryGetValue(type, out var manifest) ? manifest : throw new ArgumentException($"{type} has no manifest");

    /// <summary>Null when the manifest is none of ours.</summary>
    public static Type? Find(string manifest) => ByManifest.GetValueOrDefault(manifest);
}
