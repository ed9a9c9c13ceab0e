using System.Numerics;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Vtd;

/// <summary>One 32-byte descriptor of an invalidation queue (section 6.5.2); the last two words are reserved.</summary>
public readonly record struct Descriptor(ulong Word0, ulong Word1, ulong Word2 = 0, ulong Word3 = 0)
{
    public const int Words = 4;
    public const int Bytes = 32;

    /// <summary>Granularity 1 of a context cache or IOTLB invalidation: everything.</summary>
    public const int Global = 1;

    /// <summary>Granularity 2: a domain. For PASID-based IOTLBs: a PASID of a domain.</summary>
    public const int Domain = 2;

    /// <summary>Granularity 3: pages of a domain, or of a PASID; for the context cache a device; for the PASID cache everything.</summary>
    public const int Pages = 3;

    /// <summary>Log2 of the pages of a device TLB invalidation that covers the whole address space.</summary>
    public const int AllPages = 52;

    private const ulong StatusWrite = 1UL << 5;
    private const ulong FenceBit = 1UL << 6;
    private const ulong SizeBitOfPasid = 1UL << 11;

    public DescriptorType Type => (DescriptorType)((Word0 & 0xF) | (Field(Word0, 11, 9) << 4));

    public int Granularity => (int)Field(Word0, 5, 4);

    public ushort DomainId => (ushort)Field(Word0, 31, 16);

    public uint Pasid => (uint)Field(Word0, 51, 32);

    /// <summary>SID: where it is depends on the type.</summary>
    public ushort SourceId => Type is DescriptorType.PasidDeviceTlb or DescriptorType.PageGroupResponse
        ? (ushort)Field(Word0, 31, 16) : (ushort)Field(Word0, 47, 32);

    /// <summary>FM of a context cache invalidation: low bits of the function number that do not count.</summary>
    public int FunctionMask => (int)Field(Word0, 49, 48);

    /// <summary>AM: log2 of the pages of an IOTLB invalidation.</summary>
    public int AddressMask => (int)Field(Word1, 5, 0);

    /// <summary>IH: only leaf entries were changed.</summary>
    public bool LeafOnly => Bit(Word1, 6);

    public bool WritesStatus => (Word0 & StatusWrite) != 0;

    public bool IsFence => (Word0 & FenceBit) != 0;

    public uint StatusData => (uint)(Word0 >> 32);

    public ulong StatusAddress => Word1 & ~3UL;

    public bool HasPasid => Bit(Word0, 4);

    public int ResponseCode => (int)Field(Word0, 15, 12);

    public uint Group => (uint)Field(Word1, 11, 3);

    /// <summary>First and last address of an invalidation of pages, or of a device TLB; everything for the other granularities.</summary>
    public (ulong First, ulong Last) Range => Type switch
    {
        DescriptorType.Iotlb or DescriptorType.PasidIotlb when Granularity == Pages => Aligned(Word1, AddressMask + 12),
        DescriptorType.DeviceTlb => DeviceRange(Bit(Word1, 0)),
        DescriptorType.PasidDeviceTlb => DeviceRange((Word1 & SizeBitOfPasid) != 0),
        _ => (0, ulong.MaxValue),
    };

    public static Descriptor ContextCacheAll() => new((ulong)DescriptorType.ContextCache | Put(Global, 4), 0);

    public static Descriptor ContextCacheOf(uint sourceId) =>
        new((ulong)DescriptorType.ContextCache | Put(Pages, 4) | Put((ushort)sourceId, 32), 0);

    public static Descriptor PasidCacheAll() => new((ulong)DescriptorType.PasidCache | Put(Pages, 4), 0);

    public static Descriptor PasidCacheOf(int domain, uint pasid) =>
        new((ulong)DescriptorType.PasidCache | Put(1, 4) | Put((ushort)domain, 16) | Put(pasid, 32), 0);

    public static Descriptor IotlbAll() => new((ulong)DescriptorType.Iotlb | Put(Global, 4) | Put(3, 6), 0);

    public static Descriptor IotlbOfDomain(int domain) =>
        new((ulong)DescriptorType.Iotlb | Put(Domain, 4) | Put(3, 6) | Put((ushort)domain, 16), 0);

    /// <summary>
    /// Second-stage pages: 2^<paramref name="pagesLog2"/> of them, naturally aligned; what nests on the domain goes whole.
    /// </summary>
    public static Descriptor IotlbPages(int domain, ulong address, int pagesLog2, bool leafOnly) => new(
        (ulong)DescriptorType.Iotlb | Put(Pages, 4) | Put(3, 6) | Put((ushort)domain, 16), PagesWord(address, pagesLog2, leafOnly));

    public static Descriptor PasidIotlb(int domain, uint pasid) =>
        new((ulong)DescriptorType.PasidIotlb | Put(Domain, 4) | Put((ushort)domain, 16) | Put(pasid, 32), 0);

    public static Descriptor PasidIotlbPages(int domain, uint pasid, ulong address, int pagesLog2, bool leafOnly) => new(
        (ulong)DescriptorType.PasidIotlb | Put(Pages, 4) | Put((ushort)domain, 16) | Put(pasid, 32),
        PagesWord(address, pagesLog2, leafOnly));

    public static Descriptor DeviceTlb(uint sourceId, ulong address, int pagesLog2) => new(
        (ulong)DescriptorType.DeviceTlb | Put((ushort)sourceId, 32), DevicePages(address, pagesLog2) | (pagesLog2 > 0 ? 1UL : 0));

    public static Descriptor PasidDeviceTlb(uint sourceId, uint pasid, ulong address, int pagesLog2) => new(
        (ulong)DescriptorType.PasidDeviceTlb | Put((ushort)sourceId, 16) | Put(pasid, 32),
        DevicePages(address, pagesLog2) | (pagesLog2 > 0 ? SizeBitOfPasid : 0));

    public static Descriptor Wait(ulong statusAddress, uint data) =>
        new((ulong)DescriptorType.Wait | StatusWrite | Put(data, 32), statusAddress);

    public static Descriptor Fence() => new((ulong)DescriptorType.Wait | FenceBit, 0);

    public static Descriptor PageGroupResponse(uint sourceId, uint? pasid, uint group, int code) => new(
        (ulong)DescriptorType.PageGroupResponse | (pasid is { } value ? (1UL << 4) | Put(value, 32) : 0)
        | Put((ulong)code, 12) | Put((ushort)sourceId, 16), Put(group & 0x1FF, 3));

    public override string ToString() => $"{Type} granularity={Granularity} {Word0:x16} {Word1:x16}";

    private static ulong PagesWord(ulong address, int pagesLog2, bool leafOnly) =>
        (address & ~Mask(pagesLog2 + 12)) | (uint)pagesLog2 | (leafOnly ? 1UL << 6 : 0);

    private static (ulong First, ulong Last) Aligned(ulong word, int log2) => (word & ~Mask(log2), word | Mask(log2));

    // The lowest clear bit of the address says how large the range is: bit 12 for two pages.
    private static ulong DevicePages(ulong address, int pagesLog2)
    {
        var page = address & ~0xFFFUL;
        if (pagesLog2 == 0) return page;
        return (page | (Mask(pagesLog2 + 11) & ~0xFFFUL)) & ~(1UL << (pagesLog2 + 11));
    }

    private (ulong First, ulong Last) DeviceRange(bool sized)
    {
        if (!sized) return Aligned(Word1, 12);
        var clear = BitOperations.TrailingZeroCount(~(Word1 >> 12));
        return Aligned(Word1, Math.Min(clear + 13, 64));
    }
}
