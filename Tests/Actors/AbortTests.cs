using Iommu.Actors.Core;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors;

/// <summary>Every step of every creating call is made to fail, one after the other, and then leaves nothing (I12).</summary>
public class AbortTests
{
    public static TheoryData<string> CreatingCalls =>
        ["ioas", "bind", "map", "hwpt", "viommu", "nested", "vdevice", "attach", "attach ioas"];

    [Theory]
    [MemberData(nameof(CreatingCalls))]
    public async Task A_creation_that_fails_at_any_step_leaves_the_state_as_it_was(string what)
    {
        for (var n = 1; ; n++)
        {
            var failures = new FailNth();
            await using var iommu = await new SimulatorHarness().OpenAsync(failures: failures);
            var call = await Prepare(iommu, what);
            var before = await iommu.State();

            failures.Arm(n);
            var answer = await iommu.Call(call);
            if (failures.Failed is not { } step)
            {
                Assert.Equal(Errno.None, answer.Errno);
                Assert.True(n > 1, "the call has no step that can fail");
                return;
            }
            Assert.Equal((step, Errno.ENOMEM), (step, answer.Errno));
            Assert.Equal(before, await iommu.State());

            await iommu.Expect(Errno.None, call);
        }
    }

    [Fact]
    public async Task A_map_that_fails_half_way_is_flushed_before_its_pages_are_unpinned()
    {
        // A device may have seen the first half: its cached translation led to pages that were not the process's any more.
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.NestParent(await iommu.Bind(), ioas);
        var before = (await iommu.State(), iommu.First.Queue.ConsumedTotal);
        iommu.First.UnmappableIova = 0x6000;
        await iommu.Expect(Errno.ENOMEM, SimulatorHarness.Fixed(ioas, 0x5000, pages: 3));
        Assert.Equal((before.Item1, before.ConsumedTotal + 1), (await iommu.State(), iommu.First.Queue.ConsumedTotal));
        iommu.First.UnmappableIova = null;
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x5000, pages: 3));
    }

    private static async Task<Call> Prepare(SimulatorHarness iommu, string what)
    {
        if (what == "bind") return new DeviceBind("first-dev0");
        var device = await iommu.Bind();
        if (what == "ioas") return new IoasAlloc();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x5000, pages: 3));
        if (what == "map") return SimulatorHarness.Fixed(ioas, 0x100000);
        if (what == "hwpt") return new HwptAlloc(device, ioas, HwptAllocFlags.NestParent);
        if (what == "attach ioas") return new DeviceAttach(device, ioas);
        var parent = await iommu.NestParent(device, ioas);
        if (what == "attach") return new DeviceAttach(device, parent);
        if (what == "viommu") return new ViommuAlloc(device, parent, ViommuType.ArmSmmuv3);
        var viommu = await iommu.Viommu(device, parent);
        return what == "nested" ? SimulatorHarness.NestedCall(device, viommu) : new VdeviceAlloc(viommu, device, 5);
    }
}
