using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// Invariant I6 of one fault queue: a group has one owner at a time, is read whole or not at all, and ends in exactly one answer. It is
/// told what is reported before it is, what was answered after it was, and of reads, writes and endings both. There is one who reads and
/// writes; everything else may overlap with it and with each other. Groups in flight are told apart by what they hold.
/// </summary>
public sealed class FaultGroupChecker(string queue, Findings findings)
{
    private static readonly int FaultBytes = Unsafe.SizeOf<IommuHwptPgfault>();

    private readonly Lock _lock = new();
    private readonly List<ReportedGroup> _open = [];
    private readonly List<ReportedGroup> _answeredUnread = [];
    private readonly ConditionalWeakTable<IReadOnlyList<PageFault>, ReportedGroup> _answered = [];
    private bool _reading;

    /// <summary>A group is about to be handed to the queue.</summary>
    /// <param name="attachment">What its faults happened on, by identity.</param>
    /// <param name="device">The bound device that they name.</param>
    /// <param name="group">The group, by identity.</param>
    public void Reported(object attachment, ObjectId device, IReadOnlyList<PageFault> group)
    {
        lock (_lock)
        {
            if (Find(group) is { } known) Report($"{known} is reported while it waits for its answer: it is on two lists");
            else _open.Add(new ReportedGroup(attachment, device, group));
        }
    }

    /// <summary>A read is about to begin. Groups that are answered until it ends it may give out still.</summary>
    public void Reading()
    {
        lock (_lock) _reading = true;
    }

    /// <summary>It returned these bytes.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _reading = false;
            if (bytes.Length % FaultBytes != 0) Report($"a read returned {bytes.Length} bytes, which are no whole faults");
            while (bytes.Length >= FaultBytes)
            {
                var faults = MemoryMarshal.Cast<byte, IommuHwptPgfault>(bytes);
                var count = 1;
                while (count < faults.Length && !faults[count - 1].Flags.HasFlag(PageFaultFlags.LastPage)) count++;
                Read(bytes[..(count * FaultBytes)], faults[..count]);
                bytes = bytes[(count * FaultBytes)..];
            }
            _answeredUnread.Clear();
        }
    }

    /// <summary>These answers are about to be written. For <see cref="Written"/>.</summary>
    public IReadOnlyList<object?> Writing(ReadOnlySpan<byte> responses)
    {
        lock (_lock)
        {
            var groups = new List<object?>();
            foreach (var response in MemoryMarshal.Cast<byte, IommuHwptPageResponse>(responses))
            {
                var group = _open.Find(open => open.Cookie == response.Cookie && open.Cookie != 0);
                group?.Written.Add(response.Code);
                groups.Add(group);
            }
            return groups;
        }
    }

    /// <summary>The write returned this.</summary>
    public void Written(IReadOnlyList<object?> writing, Answer answer)
    {
        lock (_lock)
        {
            foreach (var group in writing.Take((int)answer.Value / Unsafe.SizeOf<IommuHwptPageResponse>()))
            {
                if (group is null) Report("an answer was taken in under a cookie that nothing was read with");
                else if (!((ReportedGroup)group).IsAnswered) Report($"the answer to {group} was taken in, but its device was told nothing");
            }
        }
    }

    /// <summary>A device was told how a group is answered.</summary>
    public void Responded(IReadOnlyList<PageFault> group, PageResponseCode code)
    {
        lock (_lock)
        {
            if (_answered.TryGetValue(group, out var answered) && Find(group) is null) Report($"{answered} is answered twice");
            else if (Find(group) is not { } open) Report("a group is answered that nobody reported");
            else
            {
                if (!open.Written.Contains(code) && !(open.Ending && code == PageResponseCode.Invalid))
                    Report($"{open} is answered {code}, which nobody wrote");
                open.IsAnswered = true;
                _open.Remove(open);
                if (_reading && open.Cookie == 0) _answeredUnread.Add(open);
                _answered.AddOrUpdate(group, open);
            }
        }
    }

    /// <summary>An attachment is about to end, and with it every group of it.</summary>
    public void Ending(object attachment)
    {
        lock (_lock)
            foreach (var group in _open.Where(open => ReferenceEquals(open.Attachment, attachment))) group.Ending = true;
    }

    /// <summary>It has ended.</summary>
    public void Ended(object attachment)
    {
        lock (_lock)
            foreach (var group in _open.Where(open => open.Ending && ReferenceEquals(open.Attachment, attachment)))
                Report($"{group} is lost: its attachment has ended, and it is not answered");
    }

    /// <summary>The queue is about to go.</summary>
    public void Destroying()
    {
        lock (_lock)
            foreach (var group in _open) group.Ending = true;
    }

    /// <summary>It is gone.</summary>
    public void Destroyed()
    {
        lock (_lock)
            foreach (var group in _open) Report($"{group} is lost: its queue is gone, and it is not answered");
    }

    /// <summary>What the queue has, at a moment when nothing is on its way to it.</summary>
    /// <param name="undelivered">What is to be read.</param>
    /// <param name="unanswered">What was read.</param>
    public void Look(IReadOnlyCollection<IReadOnlyList<PageFault>> undelivered, IReadOnlyCollection<IReadOnlyList<PageFault>> unanswered)
    {
        var unread = undelivered.ToHashSet<object>(ReferenceEqualityComparer.Instance);
        var read = unanswered.ToHashSet<object>(ReferenceEqualityComparer.Instance);
        lock (_lock)
        {
            if (unread.Count + read.Count < undelivered.Count + unanswered.Count) Report("a group is twice on one list");
            foreach (var group in _open)
            {
                var (isUnread, isRead) = (unread.Contains(group.Faults), read.Contains(group.Faults));
                if (isUnread && isRead) Report($"{group} is on two lists: to be read, and to be answered");
                if (!isUnread && !isRead) Report($"{group} is lost: it is on no list, and it is not answered");
            }
            foreach (var listed in undelivered.Concat(unanswered))
                if (Find(listed) is null) Report($"{Name(listed)} is on a list, and it is answered or was never reported");
        }
    }

    /// <summary>Looks at the actor, in its own turn.</summary>
    public Task LookAsync(IActorRef actor) => actor.Ask<object>(new Inspect(found =>
    {
        var groups = (FaultGroups)found.State!;
        Look([.. groups.Undelivered.Select(group => group.Faults)], [.. groups.Unanswered.Values.Select(group => group.Faults)]);
        return found.Id;
    }));

    private void Read(ReadOnlySpan<byte> bytes, ReadOnlySpan<IommuHwptPgfault> faults)
    {
        var cookie = faults[0].Cookie;
        foreach (var fault in faults)
            if (fault.Cookie != cookie) Report($"a group was read with the cookies {cookie} and {fault.Cookie}");
        if (Find(bytes, whole: true, unread: true) is not { } group)
        {
            if (!TakeAnswered(bytes)) Report(WhyNot(bytes, cookie));
            return;
        }
        if (cookie == 0) Report($"{group} was read without a cookie");
        if (_open.Find(open => open.Cookie == cookie && cookie != 0) is { } other)
            Report($"cookie {cookie} names {other} and {group}");
        group.Cookie = cookie;
    }

    private bool TakeAnswered(ReadOnlySpan<byte> bytes)
    {
        foreach (var group in _answeredUnread)
            if (group.Contains(bytes, whole: true)) return _answeredUnread.Remove(group);
        return false;
    }

    private string WhyNot(ReadOnlySpan<byte> bytes, uint cookie) =>
        Find(bytes, whole: true, unread: false) is { } again ? $"{again} was read as {again.Cookie} and as {cookie}: it is on two lists"
        : Find(bytes, whole: false, unread: true) is { } torn ? $"{torn} was read in part"
        : $"a group was read as {cookie} that is answered, or that nobody reported";

    private ReportedGroup? Find(ReadOnlySpan<byte> bytes, bool whole, bool unread)
    {
        foreach (var group in _open)
            if (group.Cookie == 0 == unread && group.Contains(bytes, whole)) return group;
        return null;
    }

    private ReportedGroup? Find(IReadOnlyList<PageFault> group) => _open.Find(open => ReferenceEquals(open.Faults, group));

    private string Name(IReadOnlyList<PageFault> group) =>
        _answered.TryGetValue(group, out var answered) ? answered.ToString() : $"group {group[^1].Group}";

    private void Report(string what) => findings.Report("I6", $"{queue}: {what}");
}
