namespace Iommu.TestKit.Guests;

/// <summary>
/// Memory that a VMM plugs into its guest and takes away again, by IOAS_MAP and IOAS_UNMAP on the nest parent's IOAS: stage 2
/// changes under stage-1 entries that stay. Each time it is another of four allocations.
/// </summary>
public sealed class HotPlugMemory
{
    private readonly ulong[] _userAddresses = new ulong[GuestLayout.HotPlugVersions];
    private readonly ulong[][] _frames = new ulong[GuestLayout.HotPlugVersions][];

    public HotPlugMemory(GuestMemory memory)
    {
        // Scattered frames: stage 2 has to map them page by page.
        for (var i = 0; i < _frames.Length; i++)
            _userAddresses[i] = memory.Allocate(GuestLayout.HotPlugBytes, contiguous: false, out _frames[i]);
    }

    /// <summary>One slot: the whole range comes and goes as one.</summary>
    public SlotPhases Phase { get; } = new(1);

    /// <summary>What the next IOAS_MAP maps.</summary>
    public ulong NextUserAddress => _userAddresses[Phase.VersionOf(0) % GuestLayout.HotPlugVersions];

    /// <summary>Which version the physical address of a page belongs to; null when to none.</summary>
    public int? VersionAt(int page, ulong physical)
    {
        var frame = physical & ~(GuestMemory.PageBytes - 1);
        for (var version = 0; version < _frames.Length; version++)
            if (_frames[version][page] == frame) return version;
        return null;
    }
}
