using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Replay;
using Iommu.Tests.Actors;
using Iommu.Tests.Ioctls.Fakes;
using Iommu.Tests.Replay.Actors;

namespace Iommu.Tests.Replay.Ioctls;

/// <summary>Calls of several steps that meet the close of their context, in an interleaving that the seed chooses.</summary>
public class GuestCloseSeeds
{
    private const int Seeds = 100;

    [Fact]
    public async Task Calls_that_meet_a_close_are_answered_and_leave_nothing()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            await using var iommu = await new GuestHarness(HopTests.Deterministic(seed)).OpenAsync();
            var problems = iommu.CollectProblems();
            var replay = ReplaySystem.Of(iommu.System);
            var (device, ioas, parent, viommu) = await iommu.Guest();
            var tracked = await iommu.Id(new HwptAlloc(device, ioas, HwptAllocFlags.DirtyTracking));
            await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0, pages: 4));
            await iommu.Expect(Errno.None, new Mmap(4096, FakeViommu.RegionBytes));

            Call[] calls =
            [
                GuestHarness.QueueCall(viommu, 0, 0), GuestHarness.QueueCall(viommu, 1, 0), new Mmap(4096, FakeViommu.RegionBytes),
                GuestHarness.NestedCall(device, parent), GuestHarness.ViommuCall(device, parent), new VdeviceAlloc(viommu, device, 5),
                new HwptSetDirtyTracking(tracked, DirtyTrackingFlags.Enable),
            ];
            var made = calls.Select(iommu.Call).ToList();
            var closed = iommu.Context.CloseAsync();
            replay.RunUntilIdle();

            Assert.True(made.TrueForAll(call => call.IsCompleted), $"seed {seed}: a call was not answered");
            Assert.Equal((seed, 0UL, 0, 0), (seed, (await closed).Value, iommu.First.Live, iommu.Memory.Pins));
            Assert.Equal((seed, ""), (seed, string.Join("; ", await problems())));
        }
    }
}
