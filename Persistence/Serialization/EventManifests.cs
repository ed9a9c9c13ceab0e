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
        ("device-bound.v1", typeof(DeviceBound)),
        ("ioas-allocated.v1", typeof(IoasAllocated)),
        ("hwpt-paging-allocated.v1", typeof(HwptPagingAllocated)),
        ("hwpt-nested-allocated.v1", typeof(HwptNestedAllocated)),
        ("viommu-allocated.v1", typeof(ViommuAllocated)),
        ("vdevice-allocated.v1", typeof(VdeviceAllocated)),
        ("object-destroyed.v1", typeof(ObjectDestroyed)),
        ("vdevice-tombstoned.v1", typeof(VdeviceTombstoned)),
        ("tombstones-cleared.v1", typeof(TombstonesCleared)),
        ("device-attached.v1", typeof(DeviceAttached)),
        ("device-detached.v1", typeof(DeviceDetached)),
        ("area-mapped.v1", typeof(AreaMapped)),
        ("areas-unmapped.v1", typeof(AreasUnmapped)),
        ("context-opened.v1", typeof(ContextOpened)),
        ("context-closed.v1", typeof(ContextClosed)),
    ];

    private static readonly Dictionary<Type, string> ByType = Table.ToDictionary(row => row.Type, row => row.Manifest);
    private static readonly Dictionary<string, Type> ByManifest = Table.ToDictionary(row => row.Manifest, row => row.Type);

    public static IEnumerable<Type> Types => ByType.Keys;

    /// <exception cref="ArgumentException">The type is no event of this journal.</exception>
    public static string Of(Type type) =>
        ByType.TryGetValue(type, out var manifest) ? manifest : throw new ArgumentException($"{type} has no manifest");

    /// <summary>Null when the manifest is none of ours.</summary>
    public static Type? Find(string manifest) => ByManifest.GetValueOrDefault(manifest);
}
