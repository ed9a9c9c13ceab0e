namespace Iommu.Hardware.Amd.Caches;

/// <summary>A cached translation, table pointer or GCR3 entry; immutable, so that it is replaced whole.</summary>
public sealed record CacheEntry
{
    public required CacheKind Kind { get; init; }

    public ushort DomainId { get; init; }

    /// <summary>-1 for what is the host's alone, and in an ATC for what was asked for without PASID.</summary>
    public int Pasid { get; init; } = -1;

    /// <summary>The device, for an ATC.</summary>
    public ushort DeviceId { get; init; }

    /// <summary>First address that it translates; for a table, that is below it.</summary>
    public ulong Base { get; init; }

    public int SizeLog2 { get; init; }

    /// <summary>
    /// The guest's page that a translation by both tables is a part of; an invalidation of any of its addresses takes all parts.
    /// </summary>
    public ulong LeafBase { get; init; }

    public int LeafLog2 { get; init; }

    /// <summary>What <see cref="Base"/> becomes, or where the table is: for a guest's table, in guest physical memory.</summary>
    public ulong Output { get; init; }

    /// <summary>What it grants; for a table, what those above it grant.</summary>
    public Access Granted { get; init; }

    /// <summary>For a table: the level of its entries.</summary>
    public int Level { get; init; }

    /// <summary>Whether the table it came from is marked as written to.</summary>
    public bool IsDirty { get; init; }

    /// <summary>The invalidation clock when the walk that found it began.</summary>
    public long Sequence { get; init; }

    public bool Contains(ulong address) => SizeLog2 >= 64 || (address ^ Base) >> SizeLog2 == 0;

    public ulong Translate(ulong address) => Output + (address - Base);

    public override string ToString() =>
        $"{Kind} {(Kind == CacheKind.Atc ? $"device=0x{DeviceId:x}" : $"domain={DomainId}")} pasid={(Pasid < 0 ? "none" : Pasid)} "
        + $"0x{Base:x}+2^{SizeLog2} -> 0x{Output:x} walked at {Sequence}";
}

/// <summary>What a cached entry stands for.</summary>
public enum CacheKind : byte
{
    /// <summary>From a guest physical (or host-managed) to a system physical address.</summary>
    Host,
    HostTable,
    /// <summary>From a guest virtual to a system physical address: both tables in one.</summary>
    Guest,
    GuestTable,
    /// <summary>A GCR3 entry: where the tables of a PASID begin.</summary>
    GuestRoot,
    /// <summary>In a device's own cache.</summary>
    Atc,
}
