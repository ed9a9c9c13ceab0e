using System.Buffers.Binary;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>What the mock IOMMU of the kernel's selftest accepts (selftest.c, iommufd_test.h).</summary>
internal sealed class MockRules(string name) : DriverRules(name)
{
    public const uint FailingPasid = 1024;

    private const int HwptDataBytes = 8;
    private const int ViommuDataBytes = 24;
    private const int QueuesMax = 2;
    private const uint AllWords = 1;
    private const uint Words = 4;
    private const uint TestRegister = 0xdeadbeef;

    private static readonly PagingLimits Default = new((1UL << 37) - (1UL << 11), 1UL << 24, (1UL << 31) - 1);
    private static readonly PagingLimits Huge = new((1UL << 20) | (1UL << 12), 0, (1UL << 38) - 1);

    /// <summary>The generic page table finds no size for what is left.</summary>
    public override Errno Misaligned => Errno.ENXIO;

    public override bool NestsOnParents => true;

    public override bool HasPasids => true;

    public override bool NestedWantsVdevice => true;

    public override Result<HwInfo> HwInfo(ModelDevice device, HwInfoType type)
    {
        if (type is not (HwInfoType.None or HwInfoType.Selftest)) return Errno.EOPNOTSUPP;
        var data = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), TestRegister);
        return new HwInfo(HwInfoType.Selftest, data);
    }

    /// <summary>mock_domain_alloc_paging_flags.</summary>
    public override Result<PagingLimits> Paging(ModelDevice device, HwptAllocFlags flags, UserData data)
    {
        const HwptAllocFlags known = HwptAllocFlags.DirtyTracking | HwptAllocFlags.NestParent | HwptAllocFlags.Pasid;
        if ((flags & ~known) != 0) return Errno.EOPNOTSUPP;
        if (data.IsEmpty) return Default;
        if (data.Type != (uint)HwptDataType.Selftest) return Errno.EOPNOTSUPP;
        if (data.Bytes.Length is < 4 or > HwptDataBytes) return Errno.EINVAL;
        return (data.Bytes.Length < 8 ? 0 : Word(data.Bytes.Span, 1)) switch
        {
            0 => Default,
            1 => Huge,
            _ => Errno.EOPNOTSUPP,
        };
    }

    public override Errno Nested(HwptAllocFlags flags, UserData data)
    {
        if ((flags & ~HwptAllocFlags.Pasid) != 0 || data.Type != (uint)HwptDataType.Selftest) return Errno.EOPNOTSUPP;
        return data.Bytes.Length is < 4 or > HwptDataBytes ? Errno.EINVAL : Errno.None;
    }

    public override Errno NestedOnViommu(HwptAllocFlags flags, UserData data) => Nested(flags, data);

    /// <summary>mock_domain_nop_attach: a domain that tracks dirty pages is not for a device that cannot.</summary>
    public override Errno Attach(ModelDevice device, uint pasid, HwptObject hwpt)
    {
        if (hwpt.Iommu != this) return Errno.EINVAL;
        return pasid == 0 && hwpt is PagingObject && hwpt.Flags.HasFlag(HwptAllocFlags.DirtyTracking)
            && !device.Capabilities.DirtyTracking ? Errno.EINVAL : Errno.None;
    }

    public override bool HasViommus(ViommuType type) => type == ViommuType.Selftest;

    /// <summary>mock_viommu_init: user data asks for two pages to be mapped.</summary>
    public override Result<ulong> Viommu(UserData data, DriverRules parent)
    {
        if (parent != this) return Errno.EINVAL;
        if (data.IsEmpty) return 0UL;
        return data.Bytes.Length is < 8 or > ViommuDataBytes ? Errno.EINVAL : 2 * ModelState.PageBytes;
    }

    /// <summary>struct iommu_viommu_selftest: in_data, out_data, out_mmap_offset, out_mmap_length.</summary>
    public override ReadOnlyMemory<byte> ViommuDataBack(UserData data, ulong mmapOffset)
    {
        var back = new byte[ViommuDataBytes];
        data.Bytes.Span.CopyTo(back);
        back.AsSpan(0, 4).CopyTo(back.AsSpan(4));
        BinaryPrimitives.WriteUInt64LittleEndian(back.AsSpan(8), mmapOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(back.AsSpan(16), 2 * ModelState.PageBytes);
        return back.AsMemory(0, data.Bytes.Length);
    }

    public override Errno Vdevice(ulong virtualId) => Errno.None;

    public override Answer Invalidate(HwptInvalidate call, Func<ulong, bool>? hasVirtualId)
    {
        if (call.DataType != InvalidateDataType.Selftest) return Errno.EINVAL;
        return hasVirtualId is null ? InvalidateNested(call) : InvalidateViommu(call, hasVirtualId);
    }

    /// <summary>mock_domain_cache_invalidate_user: flags, number of a word.</summary>
    private static Answer InvalidateNested(HwptInvalidate call)
    {
        for (var i = 0; i < call.EntryNum; i++)
        {
            var errno = call.EntryLength != 8 ? Errno.EINVAL : Check(Entry(call, i, 8), 1);
            if (errno != Errno.None) return new Answer(errno, (ulong)i);
        }
        return new Answer(Errno.None, (ulong)call.EntryNum);
    }

    /// <summary>
    /// mock_viommu_cache_invalidate: flags, virtual id, number of a word. The array is copied before any entry is looked at.
    /// </summary>
    private static Answer InvalidateViommu(HwptInvalidate call, Func<ulong, bool> hasVirtualId)
    {
        for (var i = 0; i < call.EntryNum; i++)
            if (call.EntryLength > 12 && call.Entries.Span.Slice(i * call.EntryLength + 12,
                call.EntryLength - 12).ContainsAnyExcept((byte)0))
                return Errno.E2BIG;
        for (var i = 0; i < call.EntryNum; i++)
        {
            var entry = Entry(call, i, 12);
            var errno = Check(entry, 2);
            if (errno == Errno.None && !hasVirtualId(Word(entry, 1))) errno = Errno.EINVAL;
            if (errno != Errno.None) return new Answer(errno, (ulong)i);
        }
        return new Answer(Errno.None, (ulong)call.EntryNum);
    }

    private static Errno Check(ReadOnlySpan<byte> entry, int word)
    {
        if ((Word(entry, 0) & ~AllWords) != 0) return Errno.EOPNOTSUPP;
        return Word(entry, word) >= Words ? Errno.EINVAL : Errno.None;
    }

    /// <summary>An entry in the length that the driver knows: cut, or filled with zeroes.</summary>
    private static byte[] Entry(HwptInvalidate call, int index, int bytes)
    {
        var entry = new byte[bytes];
        call.Entries.Span.Slice(index * call.EntryLength, Math.Min(bytes, call.EntryLength)).CopyTo(entry);
        return entry;
    }

    public override bool HasHwQueues(HwQueueType type) => type == HwQueueType.Selftest;

    public override Errno HwQueue(uint index, IReadOnlyCollection<uint> used)
    {
        if (index >= QueuesMax) return Errno.EINVAL;
        if (used.Contains(index)) return Errno.EEXIST;
        return index > 0 && !used.Contains(index - 1) ? Errno.EIO : Errno.None;
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int index) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[(index * 4)..]);
}
