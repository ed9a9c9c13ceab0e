using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Actors;

/// <summary>I4: removals that wait for the last short-term user of an object go on when that lets go (L1).</summary>
public class WakeTests
{
    // Whoever is not woken waits for 60 s, as in the kernel, or for ever.
    private static readonly TimeSpan Allowed = TimeSpan.FromSeconds(5);

    private readonly Findings _findings = new();

    [Fact]
    public async Task An_unbind_goes_on_when_the_last_call_on_its_device_ends_L1()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (device, _, _, viommu) = await iommu.Guest();
        using var gate = new ManualResetEventSlim();
        iommu.Context.Table.Find(viommu)!.Actor.Tell(new Inspect(_ => gate.Wait(TimeSpan.FromSeconds(10))));
        var inFlight = iommu.Call(new VdeviceAlloc(viommu, device, 5));
        var actor = iommu.Context.Table.Find(device)!.Actor;
        await Checker(iommu.System).CheckAsync(
            "an unbind", waiter => iommu.Context.Send(new DeviceUnbind(device), waiter), async () =>
            {
                while (!await actor.Ask<bool>(new Inspect(it => it.Counts.Leaving))) { }
                Assert.Equal(1, await actor.Ask<int>(new Inspect(it => it.Counts.Waits)));
                gate.Set();
                await inFlight;
            });
        Assert.Empty(_findings.All);
    }

    [Fact]
    public async Task The_end_of_an_access_goes_on_when_the_last_call_on_it_ends()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x5000));
        var access = await iommu.Id(new AccessCreate(true));
        await iommu.Expect(Errno.None, new AccessAttach(access, ioas));
        using var gate = new ManualResetEventSlim();
        iommu.Context.Table.Find(ioas)!.Actor.Tell(new Inspect(_ => gate.Wait(TimeSpan.FromSeconds(10))));
        var inFlight = iommu.Call(new AccessRead(access, 0x5000, 8));
        var actor = iommu.Context.Table.Find(access)!.Actor;
        await Checker(iommu.System).CheckAsync(
            "the end of an access", waiter => iommu.Context.Send(new AccessDestroy(access), waiter), async () =>
            {
                while (!await actor.Ask<bool>(new Inspect(it => it.Counts.Leaving))) { }
                gate.Set();
                Assert.Equal(Errno.None, (await inFlight).Errno);
            });
        Assert.Empty(_findings.All);
    }

    private WakeChecker Checker(ActorSystem system) => new(system, _findings, Allowed);
}
