using System.Runtime.CompilerServices;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.UnderTest.Probes;

/// <summary>
/// What the core calls of a driver and of the domains and vIOMMUs that it hands out, in order: what allocates, attaches, maps, invalidates,
/// answers faults and frees. Queries, dirty bits and <see cref="IViommuDriver.Recovered"/> are left out. It counts what is handed out and
/// freed: freeing a thing twice breaks I1, and in the end nothing may be left.
/// </summary>
public sealed class DriverProbe : Probe<DriverCall>
{
    private readonly Findings _findings;
    private readonly Func<TimeSpan> _clock;
    private readonly Lock _counting = new();
    private readonly Dictionary<object, string> _live = new(ReferenceEqualityComparer.Instance);
    private readonly ConditionalWeakTable<object, string> _freed = [];
    private readonly FailNth _failures = new();

    internal DriverProbe(TimeSpan patience, Findings findings, Func<TimeSpan> clock) : base(patience) =>
        (_findings, _clock) = (findings, clock);

    /// <summary>What the driver has handed out and nobody has freed, in words.</summary>
    public IReadOnlyList<string> Live
    {
        get { lock (_counting) return [.. _live.Values.Order(StringComparer.Ordinal)]; }
    }

    private protected override string Plural => "calls";

    /// <summary>
    /// Has the n-th call from now on that may allocate fail with ENOMEM, before the driver is asked: AllocPaging, AllocNested, AllocViommu,
    /// AddVdevice, and Attach and AttachPasid to a domain.
    /// </summary>
    /// <param name="n">From 1; 0 for none after all.</param>
    public void FailNth(int n) => _failures.Arm(n);

    /// <summary>Expects that a method has been called, or is soon.</summary>
    /// <param name="method">Its name: <c>nameof(IIommuDriver.Attach)</c>.</param>
    /// <param name="device">For which device; null for any, and where there is none in the call.</param>
    /// <exception cref="ExpectationException">It was not.</exception>
    public Task<DriverCall> ExpectCallAsync(string method, PhysicalDevice? device = null) => ExpectAsync(
        $"{method}{(device is null ? "" : $" of {device.Name}")} to be called",
        call => call.Method == method && (device is null || call.Device == device));

    internal bool ShouldFail([CallerMemberName] string call = "") => _failures.ShouldFail(call);

    internal void Note(string method, PhysicalDevice? device, string arguments, Errno errno = Errno.None) =>
        Add(new DriverCall(method, device, arguments, errno, _clock()));

    internal void Made(object made, string what)
    {
        lock (_counting) _live.Add(made, what);
    }

    internal void Freed(object made)
    {
        lock (_counting)
        {
            if (_live.Remove(made, out var what)) _freed.Add(made, what);
            else if (_freed.TryGetValue(made, out what)) _findings.Report("I1", $"{what} is freed twice");
        }
    }

    /// <summary>Another has taken the place of what was left by a context that has crashed.</summary>
    internal void Forget(Predicate<object> isLeft)
    {
        lock (_counting)
            foreach (var left in _live.Keys.Where(made => isLeft(made)).ToList()) _live.Remove(left);
    }

    /// <summary>The machine is off, and everything that was in it is gone.</summary>
    internal void SwitchedOff()
    {
        lock (_counting) _live.Clear();
    }
}

/// <summary>A call of a driver's interfaces.</summary>
/// <param name="Method">Its name, as in <see cref="IIommuDriver"/>, <see cref="IPagingDomain"/>, <see cref="IViommuDriver"/>.</param>
/// <param name="Device">For which device; null where the method has none.</param>
/// <param name="Arguments">The others, in words.</param>
/// <param name="Errno">What it came to.</param>
/// <param name="At">By the clock of the actor system, from its start.</param>
public sealed record DriverCall(string Method, PhysicalDevice? Device, string Arguments, Errno Errno, TimeSpan At)
{
    public override string ToString() => $"{At.TotalMilliseconds:0.000} ms {Method}({Device?.Name}"
        + $"{(Device is null || Arguments.Length == 0 ? "" : ", ")}{Arguments}) {(Errno == Errno.None ? "ok" : Errno)}";
}
