using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd;

/// <summary>One 16-byte command of an AMD IOMMU's command buffer, with the fields of AMD 48882, 2.4.</summary>
public readonly record struct Command(ulong Word0, ulong Word1)
{
    /// <summary>The address that together with the size bit covers everything.</summary>
    public const ulong AllAddresses = 0x7FFF_FFFF_FFFF_F000;

    private const ulong SizeBit = 1;
    private const ulong PdeBit = 2;
    private const ulong GuestBit = 4;

    public Opcode Opcode => (Opcode)(Word0 >> 60);

    public ushort DeviceId => (ushort)Word0;

    /// <summary>INVALIDATE_IOMMU_PAGES: the domain id.</summary>
    public ushort DomainId => (ushort)(Word0 >> 32);

    /// <summary>The PASID of the three commands that have one, each in a place of its own.</summary>
    public int Pasid => Opcode switch
    {
        Opcode.InvalidateIotlbPages => (int)(Field(Word0, 55, 48) | (Field(Word0, 23, 16) << 8) | (Field(Word0, 59, 56) << 16)),
        Opcode.CompletePprRequest => (int)Field(Word0, 51, 32),
        _ => (int)Field(Word0, 19, 0),
    };

    /// <summary>S: more than 4 KiB, with the size in the address.</summary>
    public bool HasSize => Bit(Word1, 0);

    /// <summary>PDE: cached table pointers go too.</summary>
    public bool Tables => Bit(Word1, 1);

    /// <summary>GN: the address is a guest virtual one, and the PASID counts.</summary>
    public bool IsGuest => Bit(Word1, 2);

    /// <summary>COMPLETION_WAIT.S: writes <see cref="Word1"/> to <see cref="StoreAddress"/>.</summary>
    public bool Stores => Bit(Word0, 0);

    /// <summary>COMPLETION_WAIT.I: sets ComWaitInt.</summary>
    public bool Interrupts => Bit(Word0, 1);

    public ulong StoreAddress => InPlace(Word0, 51, 3);

    public int PprTag => (int)Field(Word1, 40, 32);

    public PprStatus PprStatus => (PprStatus)Field(Word1, 47, 44);

    /// <summary>First and last address that an invalidation of pages covers.</summary>
    public (ulong First, ulong Last) Range
    {
        get
        {
            var address = Word1 & ~0xFFFUL;
            if (!HasSize) return (address, address | 0xFFF);
            var zero = System.Numerics.BitOperations.TrailingZeroCount(~(address | 0xFFF));
            return zero >= 63 ? (0, ulong.MaxValue) : (address & ~Mask(zero + 1), address | Mask(zero + 1));
        }
    }

    public static Command Wait() => new((ulong)Opcode.CompletionWait << 60, 0);

    /// <param name="address">Aligned to 8 bytes.</param>
    /// <param name="data">What is stored there.</param>
    /// <param name="interrupt">Whether ComWaitInt is set too.</param>
    public static Command WaitAndStore(ulong address, ulong data, bool interrupt = false) =>
        new(((ulong)Opcode.CompletionWait << 60) | InPlace(address, 51, 3) | 1 | (interrupt ? 2UL : 0), data);

    public static Command Devtab(ushort device) => new(((ulong)Opcode.InvalidateDevtabEntry << 60) | device, 0);

    /// <summary>INVALIDATE_IOMMU_PAGES of host translations, and of guest translations that were made through them.</summary>
    public static Command Pages(ushort domain, ulong first, ulong last, bool tables) =>
        new(((ulong)Opcode.InvalidateIommuPages << 60) | Put(domain, 32), Sized(first, last) | (tables ? PdeBit : 0));

    public static Command AllPages(ushort domain) => Pages(domain, 0, ulong.MaxValue, tables: true);

    /// <summary>INVALIDATE_IOMMU_PAGES of the translations of one PASID.</summary>
    public static Command GuestPages(ushort domain, int pasid, ulong first, ulong last, bool tables) => new(
        ((ulong)Opcode.InvalidateIommuPages << 60) | Put(domain, 32) | (uint)pasid,
        Sized(first, last) | GuestBit | (tables ? PdeBit : 0));

    /// <summary>INVALIDATE_IOTLB_PAGES; without a PASID, of what the device asked for without one.</summary>
    public static Command Iotlb(ushort device, ulong first, ulong last, int? pasid = null)
    {
        var word0 = ((ulong)Opcode.InvalidateIotlbPages << 60) | device | Put(device, 32);
        if (pasid is not { } id) return new(word0, Sized(first, last));
        return new(word0 | Put((ulong)id & 0xFF, 48) | Put(((ulong)id >> 8) & 0xFF, 16) | Put((ulong)id >> 16, 56),
            Sized(first, last) | GuestBit);
    }

    public static Command PprResponse(ushort device, int? pasid, int tag, PprStatus status) => new(
        ((ulong)Opcode.CompletePprRequest << 60) | device | Put((ulong)(pasid ?? 0), 32),
        (pasid is null ? 0 : GuestBit) | Put((ulong)tag, 32) | Put((ulong)status, 44));

    public static Command All() => new((ulong)Opcode.InvalidateIommuAll << 60, 0);

    public Command WithDomain(ushort domain) => this with { Word0 = (Word0 & ~(0xFFFFUL << 32)) | Put(domain, 32) };

    /// <summary>The same command for another device; the queue id of an IOTLB invalidation is the device's too.</summary>
    public Command WithDevice(ushort device)
    {
        var word0 = (Word0 & ~0xFFFFUL) | device;
        if (Opcode == Opcode.InvalidateIotlbPages) word0 = (word0 & ~(0xFFFFUL << 32)) | Put(device, 32);
        return this with { Word0 = word0 };
    }

    public override string ToString() => Opcode switch
    {
        Opcode.CompletionWait => "COMPLETION_WAIT",
        Opcode.InvalidateDevtabEntry => $"INVALIDATE_DEVTAB_ENTRY device=0x{DeviceId:x}",
        Opcode.InvalidateIommuPages => $"INVALIDATE_IOMMU_PAGES domain={DomainId} {RangeText} pde={(Tables ? 1 : 0)}",
        Opcode.InvalidateIotlbPages => $"INVALIDATE_IOTLB_PAGES device=0x{DeviceId:x} {RangeText}",
        Opcode.InvalidateIommuAll => "INVALIDATE_IOMMU_ALL",
        _ => $"{Opcode} 0x{Word0:x16}:0x{Word1:x16}",
    };

    private string RangeText => $"{(IsGuest ? $"pasid={Pasid}" : "host")} 0x{Range.First:x}..0x{Range.Last:x}";

    // The smallest naturally aligned power of two around the range: below the topmost bit of the size all address bits are 1.
    private static ulong Sized(ulong first, ulong last)
    {
        var log2 = 64 - System.Numerics.BitOperations.LeadingZeroCount(first ^ last);
        if (log2 <= 12) return first & ~0xFFFUL;
        if (log2 >= 63) return AllAddresses | SizeBit;
        return (first & ~Mask(log2)) | (Mask(log2 - 1) & ~0xFFFUL) | SizeBit;
    }
}

/// <summary>How a page request is answered (PCIe PRG response codes).</summary>
public enum PprStatus : byte
{
    Success = 0,
    InvalidRequest = 1,
    ResponseFailure = 15,
}
