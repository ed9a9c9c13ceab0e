using Iommu.Hardware.Drivers;
using Iommu.TestKit.Captures;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Checkers.Smmuv3;
using Iommu.TestKit.Guests;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.TestKit.Stress;

/// <summary>The simulated host of a run, and the guests with its devices handed out.</summary>
internal sealed class StressMachine
{
    private readonly Queue<PhysicalDevice> _withAts;
    private readonly Queue<PhysicalDevice> _withoutAts;

    private StressMachine(HostHardware host, IReadOnlyList<StressGuest> guests)
    {
        Host = host;
        _withAts = new(host.Machine.Devices.Where(device => device.HasAts));
        _withoutAts = new(host.Machine.Devices.Where(device => !device.HasAts));
        Guests = [.. guests.Select(guest => new Placed(guest, [.. guest.DevicesWithAts.Select(Take)], Take(false)))];
    }

    public HostHardware Host { get; }

    public IReadOnlyList<Placed> Guests { get; }

    /// <exception cref="CaptureException">A capture cannot be read or used.</exception>
    public static StressMachine Build(StressOptions options, Findings findings)
    {
        var captures = options.Captures.Select(prefix => Choose(Capture.Open(prefix), options.Seed)).ToList();
        // Devices are numbered before the guests exist, since memory is the machine's: first those with an ATC.
        var ats = Enumerable.Range(0, options.Devices).Select(i => options.Hardware.HasAts && i % 2 == 1).ToList();
        var withAts = options.Guests * ats.Count(hasAts => hasAts);
        var devices = options.Guests * (options.Devices + 1) + captures.Sum(chosen => chosen.Snapshot.Streams.Count + 1);
        var host = options.Hardware.Build(new HostPlan(
            options.Guests + captures.Count, options.Vcpus, devices, withAts, options.EffectiveQueues, options.Fault, findings));
        var guests = new List<StressGuest>();
        for (var i = 0; i < options.Guests; i++)
        {
            var layout = new GuestLayout(options.Vcpus, options.Devices, options.PagesPerEdit);
            guests.Add(new SyntheticGuest($"guest {i}", new GuestDriver(NewMemory(), layout, ats, host.GuestIommu)));
        }
        foreach (var (capture, snapshot) in captures)
            guests.Add(new CapturedGuest(
                snapshot.Name, CaptureGuest.Create(capture, snapshot, NewMemory()), host.GuestIommu, options.Vcpus));
        return new StressMachine(host, guests);

        GuestMemory NewMemory()
        {
            var memory = new GuestMemory(host.Memory, host.CreateProcess());
            if (host.Queues is { } queues) DirectQueues.AddMemory(memory, options.Vcpus, queues);
            return memory;
        }
    }

    private static (Capture Capture, CaptureSnapshot Snapshot) Choose(Capture capture, int seed) =>
        (capture, capture.Snapshots[(int)((uint)seed % (uint)capture.Snapshots.Count)]);

    private PhysicalDevice Take(bool withAts) => (withAts ? _withAts : _withoutAts).Dequeue();

    /// <param name="Guest">The guest.</param>
    /// <param name="Devices">What it has.</param>
    /// <param name="Spare">The device that its controller moves about.</param>
    internal sealed record Placed(StressGuest Guest, IReadOnlyList<PhysicalDevice> Devices, PhysicalDevice Spare);
}
