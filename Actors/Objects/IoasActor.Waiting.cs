using Akka.Actor;
using Akka.Persistence;
using Iommu.Actors.Core.Ioas;
using Iommu.Actors.Hardware;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Objects;

/// <summary>
/// What waits for what. A domain that comes or goes waits until no area is in transition, and calls that would put others in transition
/// wait behind it, so that its turn comes (domains_rwsem). While the process changes, or dirty bits are read, everything that looks at
/// areas waits (iova_rwsem).
/// </summary>
internal sealed partial class IoasActor
{
    private int _flushes;
    private bool _domainWaits;
    private bool _frozen;
    private int _holds;

    private bool MustWait(object message)
    {
        if (_holds > 0 && LooksAtAreas(message)) return true;
        if (!ChangesDomains(message)) return _domainWaits && ChangesAreas(message);
        if (_flushes == 0) return false;
        _domainWaits = true;
        return true;
    }

    private void LetDomainsIn()
    {
        if (!_domainWaits) return;
        _domainWaits = false;
        LetIn();
    }

    /// <summary>An IOAS that is leaving has no areas that matter any more.</summary>
    private void FreezeAreas()
    {
        var errno = _lifetime.Leaving ? Errno.None : ProcessChange.Check(_pagetable.Areas);
        var frozen = new Frozen(_lifetime.Id, errno, _lifetime.Leaving ? [] : [.. _pagetable.Areas.Select(area => area.Pages)]);
        if (!_lifetime.Leaving)
        {
            _lifetime.Admit(ActorRefs.Nobody);
            _frozen = true;
            HoldAreas();
        }
        DeferAsync(frozen, _environment.Context.Tell);
    }

    private void ThawAreas()
    {
        if (!_frozen) return;
        _frozen = false;
        _lifetime.Release(Release.Call);
        LetAreasGo();
    }

    private void HoldAreas() => _holds++;

    private void LetAreasGo()
    {
        if (--_holds == 0) LetIn();
    }

    // All of them: without the predicate a persistent actor drops one that equals another of the same sender's (Prepend), and two calls
    // may well be equal.
    private void LetIn() => Stash.UnstashAll(_ => true);

    private static bool LooksAtAreas(object message) =>
        message is not (Thaw or Release or BatchDone or Destroy or Inspect or Adopted or SaveSnapshotSuccess or SaveSnapshotFailure);

    private static bool ChangesDomains(object message) => message is Acquire or TryNextDomain or AttachOver or WithdrawDomain or Abort
        or RestoreDomain or JoinAccess or Option { OptionId: OptionId.HugePages, Op: OptionOp.Set } or VfioSetIommu;

    private static bool ChangesAreas(object message) => message is FromProcess or MapCopied or IoasUnmap or VfioUnmapDma;
}
