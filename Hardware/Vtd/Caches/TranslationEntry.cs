using Iommu.Hardware.Vtd.Formats;

namespace Iommu.Hardware.Vtd.Caches;

/// <summary>A cached translation or table pointer; immutable, so that it is replaced whole.</summary>
public sealed class TranslationEntry
{
    internal PasidTag? Tag { get; init; }

    public EntryKind Kind { get; init; }

    /// <summary>Requester id of the device, for a device TLB.</summary>
    public uint SourceId { get; init; }

    /// <summary>Null for the second stage, and in a device TLB for requests without PASID.</summary>
    public uint? Pasid { get; init; }

    public ushort DomainId => Tag?.Domain.Id ?? 0;

    /// <summary>First address that the entry translates.</summary>
    public ulong Base { get; init; }

    public int SizeLog2 { get; init; }

    /// <summary>What <see cref="Base"/> becomes, or where the table is.</summary>
    public ulong Output { get; init; }

    /// <summary>What it grants user requests; for a table, what the levels above leave.</summary>
    public Rights User { get; init; }

    public Rights Supervisor { get; init; }

    /// <summary>The tables' dirty bits are set, or are not kept: a write need not walk again.</summary>
    public bool Dirty { get; init; }

    /// <summary>For a table: the level of its entries.</summary>
    public int Level { get; init; }

    /// <summary>The invalidation clock when the walk that found it began.</summary>
    public long Sequence { get; init; }

    public ulong Last => Base + Bits.Mask(SizeLog2);

    public ulong Translate(ulong address) => Output + (address - Base);

    public Rights RightsOf(bool privileged) => privileged ? Supervisor : User;

    /// <summary>Whether a request can use it as it is.</summary>
    internal bool Serves(Rights needed, bool privileged) =>
        (RightsOf(privileged) & needed) == needed && (Dirty || !needed.HasFlag(Rights.Write));

    public override string ToString() => $"{Kind} " + (Kind == EntryKind.DeviceTlb ? $"sid=0x{SourceId:x}" : $"did={DomainId}")
        + $" pasid={Pasid?.ToString() ?? "none"} 0x{Base:x}+2^{SizeLog2} -> 0x{Output:x} walked at {Sequence}";
}
