using System.Buffers.Binary;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Guests;

/// <summary>
/// Commands as a guest's queue holds them, 16 bytes each: what its VMM passes on in one IOMMU_HWPT_INVALIDATE. The memory is used
/// again: fill it only when the call that carries it was answered.
/// </summary>
public sealed class InvalidationArray(int capacity = InvalidationArray.DefaultCapacity)
{
    public const int EntryBytes = 16;
    public const int DefaultCapacity = 64;

    private readonly byte[] _bytes = new byte[capacity * EntryBytes];

    public int Count { get; private set; }

    public bool IsFull => Count == capacity;

    public void Clear() => Count = 0;

    public void Add(Command command)
    {
        var entry = _bytes.AsSpan(Count++ * EntryBytes, EntryBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(entry, command.Word0);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], command.Word1);
    }

    public HwptInvalidate ToCall(ObjectId viommu) =>
        new(viommu, InvalidateDataType.ArmSmmuv3, EntryBytes, Count, _bytes.AsMemory(0, Count * EntryBytes));
}
