using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Iommu.Bench;

/// <summary>Wall time, and the processor time of the calling thread: on a shared machine only the latter compares.</summary>
internal sealed class CpuClock
{
    private const int ThreadCpuTime = 3;

    private readonly Stopwatch _wall = Stopwatch.StartNew();
    private readonly double _start = ReadCpu();

    public TimeSpan WallElapsed => _wall.Elapsed;

    /// <summary>Seconds that the thread which created the clock, and which must be the one that asks, has run since.</summary>
    public double CpuSeconds => ReadCpu() - _start;

    private static double ReadCpu()
    {
        if (clock_gettime(ThreadCpuTime, out var time) != 0) throw new PlatformNotSupportedException();
        return time.Seconds + time.Nanoseconds * 1e-9;
    }

    [DllImport("libc")]
    private static extern int clock_gettime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
