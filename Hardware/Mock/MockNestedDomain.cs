using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Mock;

/// <summary>
/// A guest's first stage of which there is only a TLB: four words that the user data gives their value, and invalidations clear
/// (selftest.c, struct mock_iommu_domain_nested). Any thread may read them.
/// </summary>
public sealed class MockNestedDomain : INestedDomain
{
    public const int TlbWords = 4;

    /// <summary>The value that the kernel's tests give the words (IOMMU_TEST_IOTLB_DEFAULT).</summary>
    public const uint TlbDefault = 0xbadbeef;

    internal const uint InvalidateAll = 1;

    private const int EntryBytes = 8;

    private readonly uint[] _tlb;

    private MockNestedDomain(MockIommu iommu, MockViommu? viommu, uint word) =>
        (Iommu, Owner, _tlb) = (iommu, viommu, [.. Enumerable.Repeat(word, TlbWords)]);

    public IIommuDriver Iommu { get; }

    public IViommuDriver? Viommu => Owner;

    internal MockViommu? Owner { get; }

    /// <summary>One word of the TLB.</summary>
    /// <param name="index">Below <see cref="TlbWords"/>.</param>
    public uint Tlb(int index) => Volatile.Read(ref _tlb[index]);

    /// <summary>
    /// Entries of 8 bytes: flags (1 for all words), number of the word. The number must be good even where it is ignored. EINVAL another
    /// type, another length, a number above 3; EOPNOTSUPP unknown flag.
    /// </summary>
    public PreparedInvalidation Invalidate(InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum)
    {
        if (dataType != InvalidateDataType.Selftest) return new(Errno.EINVAL, 0, null);
        for (var i = 0; i < entryNum; i++)
        {
            if (entryLength != EntryBytes) return new(Errno.EINVAL, i, null);
            var entry = entries.Slice(i * EntryBytes, EntryBytes);
            var (flags, word) = (MockUserData.Word(entry, 0), MockUserData.Word(entry, 1));
            if ((flags & ~InvalidateAll) != 0) return new(Errno.EOPNOTSUPP, i, null);
            if (word >= TlbWords) return new(Errno.EINVAL, i, null);
            if (flags == InvalidateAll)
                for (var j = 0; j < TlbWords; j++) Volatile.Write(ref _tlb[j], 0);
            else Volatile.Write(ref _tlb[word], 0);
        }
        return new(Errno.None, entryNum, null);
    }

    public IEnumerable<CommandBatch> Free() => Plan.Nothing;

    internal static Result<INestedDomain> Create(MockIommu iommu, MockViommu? viommu, UserData data)
    {
        var parsed = MockUserData.Hwpt(data);
        return parsed.Failed ? parsed.Errno : new MockNestedDomain(iommu, viommu, parsed.Value.Iotlb);
    }
}
