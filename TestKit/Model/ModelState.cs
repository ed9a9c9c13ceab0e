using System.Collections.Immutable;
using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>Everything that a context is, as an immutable value.</summary>
internal sealed record ModelState
{
    public const ulong PageBytes = 4096;

    public static readonly ModelState Empty = new();

    /// <summary>By id.</summary>
    public ImmutableSortedDictionary<uint, ModelObject> Objects { get; init; } = ImmutableSortedDictionary<uint, ModelObject>.Empty;

    /// <summary>Ids that name nothing and are never used again.</summary>
    public ImmutableSortedSet<uint> Tombstones { get; init; } = [];

    /// <summary>Objects on their way out, in the middle of a call: nobody finds them, and they still hold what they hold.</summary>
    public ImmutableSortedSet<uint> Leaving { get; init; } = [];

    /// <summary>Domains that attaches have made for themselves, in the middle of the call: nobody finds them yet.</summary>
    public ImmutableSortedSet<uint> Arriving { get; init; } = [];

    /// <summary>By group and PASID; 0 is the group's own address space.</summary>
    public ImmutableSortedDictionary<(string Group, uint Pasid), Attachment> Attachments { get; init; } =
        ImmutableSortedDictionary<(string, uint), Attachment>.Empty;

    /// <summary>The IOAS of the VFIO calls.</summary>
    public ObjectId VfioIoas { get; init; }

    /// <summary>VFIO's no-IOMMU mode.</summary>
    public bool NoIommu { get; init; }

    /// <summary>How pins are charged (IOMMU_OPTION_RLIMIT_MODE).</summary>
    public ulong RlimitMode { get; init; }

    /// <summary>How many MAP calls there were.</summary>
    public int PagesMade { get; init; }
}
