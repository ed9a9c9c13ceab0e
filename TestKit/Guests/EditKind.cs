namespace Iommu.TestKit.Guests;

/// <summary>How a vCPU invalidates what it took out of its tables.</summary>
public enum EditKind
{
    /// <summary>TLBI_NH_VA for each page, as older drivers write it.</summary>
    Pages,
    /// <summary>The same with the granule and the level of the leaf (TG, TTL), as Linux writes it.</summary>
    PagesWithLevel,
    /// <summary>TLBI_NH_VA for eight pages at once (NUM, SCALE, TG).</summary>
    Ranges,
    /// <summary>One TLBI_NH_ASID.</summary>
    Asid,
    /// <summary>One TLBI_NH_ALL.</summary>
    All,
    /// <summary>Pages, and the context descriptor written anew: CFGI_CD.</summary>
    Descriptor,
    /// <summary>Pages, and a 2 MiB region that changes from block to table or back.</summary>
    Region,
    /// <summary>Pages, then a command that no guest may issue: EIO, and entry_num says how far it went.</summary>
    Refused,
}
