using System.Runtime.InteropServices;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress;

/// <summary>
/// A vCPU's own queue: what would be an invalidation call goes into the ring, closed by CMD_SYNC, and is done when CONS has passed that.
/// Now and then a command goes with it that no guest may issue: the queue stops, alone (I11), and its owner sets it going again.
/// </summary>
/// <param name="ring">The guest's side of the queue, on.</param>
/// <param name="watched">The same, seen by the checker of I8.</param>
/// <param name="use">Whether what can go this way does.</param>
/// <param name="findings">Where it reports.</param>
internal sealed class DirectQueue(VcmdqRing ring, ICommandQueue watched, QueueUse use, Findings findings)
{
    private const int MistakeEvery = 64;

    // No invalidation of translations: the guest puts it there to be refused, and does not count on it.
    private static readonly Command Mistake = Command.CfgiCd(0);

    private readonly Queue<(Issued Issued, ulong Until)> _inFlight = new();
    private readonly Queue<ulong> _mistakes = new();
    private readonly List<ulong> _words = [];
    private ulong _producedTotal;
    private long _offered;
    private long _issues;

    public bool IsIdle => _inFlight.Count == 0;

    /// <summary>Issues a call's commands, if they can and should go this way.</summary>
    public bool TryIssue(int lane, HwptInvalidate call, TimeSpan now)
    {
        var entries = MemoryMarshal.Cast<byte, ulong>(call.Entries.Span);
        if (!MayCarry(entries) || (use == QueueUse.Both && _offered++ % 2 == 0)) return false;
        if (ring.Room < call.EntryNum + 2) return false;
        _words.Clear();
        foreach (var word in entries) _words.Add(word);
        if (++_issues % MistakeEvery == 0)
        {
            _mistakes.Enqueue(_producedTotal + (ulong)_words.Count / 2);
            Add(Mistake);
        }
        Add(VcmdqRing.Sync);
        watched.Produce(CollectionsMarshal.AsSpan(_words));
        _producedTotal += (ulong)_words.Count / 2;
        _inFlight.Enqueue((new Issued(lane, call.EntryNum, now), _producedTotal));
        return true;
    }

    /// <summary>Looks how far the hardware is: the next that is done, or null.</summary>
    public Issued? Poll()
    {
        if (watched.Step() == QueueStep.Stopped) SetGoing();
        if (!_inFlight.TryPeek(out var next) || watched.ConsumedTotal < next.Until) return null;
        return _inFlight.Dequeue().Issued;
    }

    private static bool MayCarry(ReadOnlySpan<ulong> entries)
    {
        for (var i = 0; i < entries.Length; i += 2)
            if ((Opcode)(byte)entries[i] is not (Opcode.TlbiNhAsid or Opcode.TlbiNhVa or Opcode.AtcInv)) return false;
        return true;
    }

    private void Add(Command command)
    {
        _words.Add(command.Word0);
        _words.Add(command.Word1);
    }

    private void SetGoing()
    {
        if (!_mistakes.TryDequeue(out var at) || at != watched.ConsumedTotal)
            findings.Report("I11", $"{ring.Name} stopped after {watched.ConsumedTotal} commands for reason {ring.Error}, "
                + "though its guest had put no bad command there");
        ring.Replace(VcmdqRing.Sync);
    }

    /// <param name="Lane">Of the vCPU.</param>
    /// <param name="Count">Invalidations.</param>
    /// <param name="SentAt">When the doorbell rang.</param>
    internal readonly record struct Issued(int Lane, int Count, TimeSpan SentAt);
}
