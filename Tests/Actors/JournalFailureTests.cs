using Akka.Actor;
using Iommu.Actors.Simulator;
using Iommu.Messages;

namespace Iommu.Tests.Actors;

/// <summary>A context whose journal fails ends as a whole and says so; the next open starts from what the journal has.</summary>
public class JournalFailureTests
{
    [Fact]
    public async Task An_ioas_that_cannot_be_journaled_takes_its_context_with_it()
    {
        // It died alone: what hung on it was never answered, and a close went round and round.
        await using var iommu = await new SimulatorHarness(RefusingJournal.Config).OpenAsync();
        var ended = Ended(iommu);
        var ioas = await iommu.Ioas();
        await iommu.NestParent(await iommu.Bind(), ioas);
        await iommu.Expect(Errno.EIO, SimulatorHarness.Fixed(ioas, RefusingJournal.RefusedIova));
        Assert.Equal("the disk is full", (await ended).Cause.GetBaseException().Message);
        Assert.Equal(new ObjectId(1), await (await iommu.OpenAsync()).Bind());
    }

    [Fact]
    public async Task A_context_that_cannot_be_journaled_says_so_when_it_ends()
    {
        await using var iommu = await new SimulatorHarness(RefusingJournal.Config).OpenAsync();
        var ended = Ended(iommu);
        await iommu.Expect(Errno.EIO, new DeviceBind(RefusingJournal.RefusedDevice));
        Assert.Equal("the disk is full", (await ended).Cause.GetBaseException().Message);
    }

    [Fact]
    public async Task A_context_with_an_ioas_that_cannot_be_read_is_not_opened()
    {
        await using var iommu = new SimulatorHarness(RefusingJournal.Config);
        var e = await Assert.ThrowsAnyAsync<Exception>(() => iommu.OpenAsync(RefusingJournal.BrokenContext));
        Assert.Equal("the disk cannot be read", e.GetBaseException().Message);
    }

    internal static Task<ContextFailed> Ended(SimulatorHarness iommu)
    {
        var failed = new TaskCompletionSource<ContextFailed>();
        var listener = iommu.System.ActorOf(Props.Create(() => new Listener(failed)));
        iommu.System.EventStream.Subscribe(listener, typeof(ContextFailed));
        return failed.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private sealed class Listener : ReceiveActor
    {
        public Listener(TaskCompletionSource<ContextFailed> failed) => Receive<ContextFailed>(it => failed.TrySetResult(it));
    }
}
