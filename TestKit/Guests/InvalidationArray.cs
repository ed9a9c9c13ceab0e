using System.Buffers.Binary;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Guests;

/// <summary>
/// Entries of an IOMMU_HWPT_INVALIDATE: commands as a guest's queue holds them, or what its VMM makes of those. The memory is used again:
/// fill it only when the call that carries it was answered.
/// </summary>
/// <param name="capacity">Entries that it can hold.</param>
/// <param name="dataType">What they are.</param>
/// <param name="entryBytes">Length of each.</param>
public sealed class InvalidationArray(
    int capacity = InvalidationArray.DefaultCapacity, InvalidateDataType dataType = InvalidateDataType.ArmSmmuv3,
    int entryBytes = InvalidationArray.DefaultEntryBytes)
{
    public const int DefaultEntryBytes = 16;
    public const int DefaultCapacity = 64;

    private readonly byte[] _bytes = new byte[capacity * entryBytes];

    public int Count { get; private set; }

    public bool IsFull => Count == capacity;

    public void Clear() => Count = 0;

    public void Add(Command command) => Add(command.Word0, command.Word1);

    /// <summary>An entry of 64-bit words, as many as its length has.</summary>
    public void Add(params ReadOnlySpan<ulong> words)
    {
        var entry = _bytes.AsSpan(Count++ * entryBytes, entryBytes);
        for (var i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt64LittleEndian(entry[(i * 8)..], words[i]);
    }

    /// <param name="target">The vIOMMU or nested HWPT.</param>
    public HwptInvalidate ToCall(ObjectId target) => new(target, dataType, entryBytes, Count, _bytes.AsMemory(0, Count * entryBytes));
}
