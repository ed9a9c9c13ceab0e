using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Core.Ioas;
using Iommu.Actors.Objects;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Contexts;

/// <summary>
/// Who is charged for pins: IOMMU_OPTION_RLIMIT_MODE, and IOAS_CHANGE_PROCESS, which has every IOAS of the context stand still, and then
/// charges all pins to the caller or none. Nothing of the latter is journaled: a recovery charges whoever opens the context.
/// </summary>
internal sealed partial class ContextActor
{
    private Change? _change;

    /// <summary>A change of process under way.</summary>
    private sealed record Change(IActorRef Caller, UserProcess Process, HashSet<ObjectId> Waiting)
    {
        /// <summary>In the order of ids.</summary>
        public SortedDictionary<uint, Frozen> Frozen { get; } = [];
    }

    private void ChangeProcess(UserProcess process)
    {
        if (_closing is not null)
        {
            Sender.Tell((Answer)Errno.ENODEV);
            return;
        }
        var ioases = _environment.Table.All(ObjectType.Ioas).ToList();
        _change = new Change(Sender, process, [.. ioases.Select(ioas => ioas.Id)]);
        foreach (var ioas in ioases) ioas.Actor.Tell(Freeze.Instance);
        if (ioases.Count == 0) EndChange();
    }

    private void OnFrozen(Frozen frozen)
    {
        if (_change?.Waiting.Remove(frozen.Ioas) != true) return;
        _change.Frozen.Add(frozen.Ioas.Value, frozen);
        if (_change.Waiting.Count == 0) EndChange();
    }

    /// <summary>An IOAS went before it could stand still.</summary>
    private void OnIoasGone(ObjectId ioas)
    {
        if (_change?.Waiting.Remove(ioas) == true && _change.Waiting.Count == 0) EndChange();
    }

    private void EndChange()
    {
        var (change, frozen) = (_change!, _change!.Frozen.Values);
        var errno = frozen.Select(ioas => ioas.Errno).FirstOrDefault(refused => refused != Errno.None);
        if (errno == Errno.None) errno = ProcessChange.Apply(frozen.SelectMany(ioas => ioas.Pages), change.Process);
        foreach (var ioas in frozen) _environment.Table.Find(ioas.Ioas)?.Actor.Tell(Thaw.Instance);
        _change = null;
        change.Caller.Tell((Answer)errno);
        // Equal ones of one sender's too, which it would drop without the predicate.
        Stash.UnstashAll(_ => true);
    }

    private void RlimitMode(Option option)
    {
        var caller = Sender;
        var errno = CallRules.RlimitMode(option, _ids.Taken);
        if (errno == Errno.None && option.Op == OptionOp.Set)
        {
            _environment.Pages.CountsByProcess = option.Value == 1;
            PersistAsync(new RlimitModeSet(option.Value), Apply);
        }
        var answer = new Answer(errno, errno == Errno.None && _environment.Pages.CountsByProcess ? 1UL : 0);
        DeferAsync(answer, caller.Tell);
    }
}
