using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Core.Ioas;
using Iommu.Messages;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// "Fix unpinning of pages when an access is present" taken back: the end of an area's pages is counted from behind those that an access
/// has pinned, and so as many too many are given up, behind the area.
/// </summary>
internal sealed class B18 : MailMutant
{
    private readonly Dictionary<IActorRef, List<(SourcePages Pages, ulong First, ulong Last)>> _behind = [];

    public override string Name => "B18";

    public override string Summary => "an unmap of pages that an access has pinned walks past the end of the area";

    public override string Scenario => "unmap-copy";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        if (message is IoasUnmap unmap && sender is not null)
        {
            Tell(recipient, new Inspect(found =>
            {
                _behind[sender] = [.. Behind((IoPagetable)found.State!, unmap)];
                return found.Id;
            }), null);
        }
        if (message is Answer answer && _behind.Remove(recipient, out var behind) && answer.Errno == Errno.None)
            foreach (var (pages, first, last) in behind) pages.EndUse(first, last);
        return message;
    }

    /// <summary>The pages behind each area of an unmap that it will give up too; no more than are pinned.</summary>
    private static IEnumerable<(SourcePages Pages, ulong First, ulong Last)> Behind(IoPagetable pagetable, IoasUnmap unmap)
    {
        var end = unmap.Iova + (unmap.LengthBytes - 1);
        foreach (var area in pagetable.Areas.Where(area => area.Iova >= unmap.Iova && area.Last <= end))
        {
            if (area.Pages is not SourcePages pages || area.Storage is null) continue;
            var (first, last) = (area.LastPage + 1, area.LastPage);
            for (var page = area.FirstPage; page <= area.LastPage && last + 1 < pages.PageCount; page++)
                if (pages.Accesses.Any(access => access.First <= page && page <= access.Last) && pages.UsesOf(last + 1) > 0) last++;
            if (last >= first) yield return (pages, first, last);
        }
    }
}
