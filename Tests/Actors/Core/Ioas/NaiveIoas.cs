using Iommu.Actors.Core.Ioas;
using Iommu.Hardware;
using Iommu.Messages;

namespace Iommu.Tests.Actors.Core.Ioas;

/// <summary>An IOAS as a list of what is mapped, checked area by area: what <see cref="IoPagetable"/> is held against.</summary>
internal sealed class NaiveIoas
{
    public const ulong ApertureFirst = 1UL << 24;
    public const ulong ApertureLast = (1UL << 31) - 1;

    public List<NaiveArea> Areas { get; } = [];

    public int Domains { get; set; }

    public int PinningAccesses { get; set; }

    /// <summary>The mock's pages are of 2 KiB; accesses that pin need whole ones.</summary>
    public ulong Alignment => PinningAccesses > 0 ? 4096UL : Domains > 0 ? 2048UL : 1;

    public Errno CheckFixed(ulong iova, ulong length, ulong startByte)
    {
        if (length % Alignment != 0 || iova % Alignment != 0) return Errno.EINVAL;
        if (Domains > 0 && (iova < ApertureFirst || iova + length - 1 > ApertureLast)) return Errno.EINVAL;
        if (Areas.Exists(area => area.Iova < iova + length && iova < area.Iova + area.Length)) return Errno.EEXIST;
        return startByte % 4096 % Alignment != 0 ? Errno.EINVAL : Errno.None;
    }

    /// <summary>
    /// What an unmap of a range comes to, when nothing is pinned by an access: the areas that go, and the errno in the end.
    /// </summary>
    public (List<NaiveArea> Gone, Errno Errno) CheckUnmap(ulong first, ulong last)
    {
        var gone = new List<NaiveArea>();
        foreach (var area in Areas.Where(area => area.Iova <= last && first <= area.Last).OrderBy(area => area.Iova))
        {
            if (area.Iova < first || area.Last > last) return (gone, Errno.ENOENT);
            gone.Add(area);
        }
        return (gone, Errno.None);
    }

    public Errno CheckDomain() => Areas.Exists(area => area.Iova % 2048 != 0 || area.Length % 2048 != 0 || area.StartByte % 2048 != 0
        || area.Iova < ApertureFirst || area.Last > ApertureLast) ? Errno.EADDRINUSE : Errno.None;

    public NaiveArea? At(ulong iova) => Areas.Find(area => area.Iova <= iova && iova <= area.Last);

    /// <summary>The parts of areas that cover a range; null when there is a hole.</summary>
    public List<(NaiveArea Area, ulong Iova, ulong Length)>? Parts(ulong iova, ulong length)
    {
        var parts = new List<(NaiveArea, ulong, ulong)>();
        while (length > 0)
        {
            if (At(iova) is not { } area) return null;
            var count = Math.Min(length, area.Last - iova + 1);
            parts.Add((area, iova, count));
            (iova, length) = (iova + count, length - count);
        }
        return parts;
    }
}

/// <param name="Iova">First byte.</param>
/// <param name="Length">Length.</param>
/// <param name="Pages">Which pages.</param>
/// <param name="StartByte">Where in them it starts.</param>
/// <param name="Access">Rights.</param>
internal sealed record NaiveArea(ulong Iova, ulong Length, SourcePages Pages, ulong StartByte, Access Access)
{
    public ulong Last => Iova + Length - 1;

    public bool Covers(ulong page) => StartByte / 4096 <= page && page <= (StartByte + Length - 1) / 4096;
}
