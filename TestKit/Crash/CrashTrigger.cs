using System.Diagnostics;
using System.Runtime.InteropServices;
using Iommu.Actors.Core;

namespace Iommu.TestKit.Crash;

/// <summary>
/// Ends this process with SIGKILL when it comes to a point for the n-th time. What is between the process and the world says here when a
/// point is reached: the journal, the serializer, the hardware's queues, the failing steps of calls, whoever answers callers.
/// </summary>
internal sealed partial class CrashTrigger : IFailureInjection
{
    private const int Kill = 9;

    private readonly CrashPoint _point;
    private readonly Random _random;
    private int _left;
    private int _unmaps;
    private int _replayed;
    private volatile bool _recovered;
    private volatile bool _aborting;

    /// <param name="point">The point; <see cref="CrashPoint.Random"/> for none.</param>
    /// <param name="at">At which time, from 1 up; in an abort, which step of all fails.</param>
    /// <param name="seed">For moments within a point.</param>
    public CrashTrigger(CrashPoint point, int at, int seed)
    {
        (_point, _left, _random) = (point, at, new Random(seed));
        // The call is bound now, and not in the moment that matters.
        _ = Signal(Environment.ProcessId, 0);
    }

    /// <summary>The one of this process: a journal's configuration names classes, not objects.</summary>
    public static CrashTrigger? Current { get; set; }

    /// <summary>Events that were read back.</summary>
    public int Replayed => Volatile.Read(ref _replayed);

    /// <summary>Everything is back: from now on the points are those of calls.</summary>
    public void Recovered() => _recovered = true;

    public void Replaying()
    {
        Interlocked.Increment(ref _replayed);
        if (!_recovered) Reached(CrashPoint.InRecovery);
    }

    public void Committing()
    {
        if (!_recovered) return;
        if (Volatile.Read(ref _unmaps) > 0) Reached(CrashPoint.InUnmap);
        Reached(CrashPoint.BeforeCommit);
    }

    /// <summary>A batch has been given to the database, whose last one took so long.</summary>
    public void Committed(TimeSpan lastTook)
    {
        if (!_recovered || _point != CrashPoint.InCommit || Interlocked.Decrement(ref _left) != 0) return;
        var ticks = (long)(lastTook.Ticks * _random.NextDouble());
        new Thread(() =>
        {
            var watch = Stopwatch.StartNew();
            while (watch.Elapsed.Ticks < ticks) Thread.SpinWait(10);
            Die();
        }) { IsBackground = true }.Start();
    }

    public void Durable()
    {
        if (_recovered) Reached(CrashPoint.AfterCommit);
    }

    public void Stepping()
    {
        if (_aborting) Die();
        if (_recovered && Volatile.Read(ref _unmaps) > 0) Reached(CrashPoint.InUnmap);
    }

    public void Drained(ulong left)
    {
        if (_recovered && left > 0) Reached(CrashPoint.HalfDrained);
    }

    public void Calling(bool unmap)
    {
        if (unmap) Interlocked.Increment(ref _unmaps);
    }

    public void Replying(bool unmap)
    {
        if (_aborting) Die();
        Reached(CrashPoint.BeforeReply);
        if (unmap) Interlocked.Decrement(ref _unmaps);
    }

    /// <summary>Fails one step. From then on an abort is under way: to the next command of a hardware queue, or the answer.</summary>
    public bool ShouldFail(string step)
    {
        if (!_recovered || _point != CrashPoint.InAbort || Interlocked.Decrement(ref _left) != 0) return false;
        return _aborting = true;
    }

    private void Reached(CrashPoint point)
    {
        if (point == _point && Interlocked.Decrement(ref _left) == 0) Die();
    }

    private static void Die()
    {
        _ = Signal(Environment.ProcessId, Kill);
        Thread.Sleep(Timeout.Infinite);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);
}
