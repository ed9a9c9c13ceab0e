using System.Runtime.InteropServices;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.TestKit.Stress;

/// <summary>
/// A queue of a guest's, that one vCPU has or several share under the guest's own lock. What would be an invalidation call goes into the
/// ring, closed by a synchronization. Now and then a command goes with it that no guest may issue: the queue stops, alone (I11), and the
/// guest sets it going again.
/// </summary>
/// <param name="queue">The guest's half of it, on.</param>
/// <param name="findings">Where it reports.</param>
internal sealed class SharedQueue(GuestQueue queue, Findings findings)
{
    private const int MistakeEvery = 64;

    // Besides the commands of a call, each of which a planted fault may have in the ring twice: a mistake and the synchronization.
    private const int RoomToSpare = 2;

    private readonly Lock _lock = new();
    private readonly Queue<ulong> _mistakes = new();
    private readonly List<ulong> _words = [];
    private ulong _producedTotal;
    private long _issues;

    /// <summary>Issues a call's commands, if they can go this way.</summary>
    /// <returns>How many commands the hardware will have consumed when they are done; null when they were not issued.</returns>
    public ulong? TryIssue(HwptInvalidate call)
    {
        lock (_lock)
        {
            var each = queue.Ring.WordsPerCommand;
            _words.Clear();
            if (!queue.TryAdd(call, _words) || queue.Room < 2 * (_words.Count / each) + RoomToSpare) return null;
            if (++_issues % MistakeEvery == 0)
            {
                _mistakes.Enqueue(_producedTotal + (ulong)(_words.Count / each));
                queue.AddMistake(_words);
            }
            queue.AddSync(_words);
            queue.Ring.Produce(CollectionsMarshal.AsSpan(_words));
            return _producedTotal += (ulong)(_words.Count / each);
        }
    }

    /// <summary>Looks how far the hardware is: the commands that it has consumed.</summary>
    public ulong Look()
    {
        lock (_lock)
        {
            if (queue.Ring.Step() == QueueStep.Stopped) SetGoing();
            return queue.Ring.ConsumedTotal;
        }
    }

    private void SetGoing()
    {
        if (!_mistakes.TryDequeue(out var at) || at != queue.Ring.ConsumedTotal)
            findings.Report("I11", $"{queue.Ring.Name} stopped after {queue.Ring.ConsumedTotal} commands for {queue.Error}, "
                + "though its guest had put no bad command there");
        queue.Mend();
    }
}
