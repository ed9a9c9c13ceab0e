using Iommu.Actors.Core;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Ioctls;

/// <summary>Every step of every call that gives something to a guest is made to fail, one after the other (I12).</summary>
public class GuestAbortTests
{
    public static TheoryData<string> CreatingCalls =>
        ["viommu", "nested on viommu", "nested on parent", "vdevice", "queue", "dependent queue", "map region"];

    [Theory]
    [MemberData(nameof(CreatingCalls))]
    public async Task A_creation_that_fails_at_any_step_leaves_the_state_as_it_was(string what)
    {
        var steps = new List<string>();
        for (var n = 1; ; n++)
        {
            var failures = new SwitchedFailures();
            await using var iommu = await new GuestHarness().OpenAsync(failures);
            var problems = iommu.CollectProblems();
            var call = await Prepare(iommu, what);
            var before = await iommu.State();

            failures.Inner = new FailNth(n);
            var answer = await iommu.Call(call);
            if (((FailNth)failures.Inner).Failed is not { } step)
            {
                Assert.Equal(Errno.None, answer.Errno);
                Assert.Equal(Steps(what), steps);
                return;
            }
            steps.Add(step);
            Assert.Equal((step, Errno.ENOMEM), (step, answer.Errno));
            Assert.Equal(before, await iommu.State());
            await iommu.BooksBalance();
            Assert.Empty(await problems());

            failures.Inner = NoFailures.Instance;
            await iommu.Expect(Errno.None, call);
            Assert.Equal(0UL, (await iommu.Context.CloseAsync()).Value);
            Assert.Equal((0, 0), (iommu.First.Live, iommu.Memory.Pins));
        }
    }

    private static string[] Steps(string what) => what switch
    {
        "viommu" => ["build viommu", "alloc mmap", "reserve id", "journal"],
        "vdevice" => ["build vdevice", "reserve id", "journal"],
        "queue" or "dependent queue" => ["build hw queue", "pin ring", "add access", "pin pages", "init hw queue", "reserve id", "journal"],
        "map region" => ["map region"],
        _ => ["build nested hwpt", "reserve id", "journal"],
    };

    private static async Task<Call> Prepare(GuestHarness iommu, string what)
    {
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x5000, pages: 3));
        var parent = await iommu.NestParent(device, ioas);
        if (what == "viommu") return GuestHarness.ViommuCall(device, parent);
        if (what == "nested on parent") return GuestHarness.NestedCall(device, parent);
        var viommu = await iommu.Id(GuestHarness.ViommuCall(device, parent));
        if (what == "nested on viommu") return GuestHarness.NestedCall(device, viommu);
        if (what == "vdevice") return new VdeviceAlloc(viommu, device, 5);
        if (what == "map region") return new Mmap(4096, FakeViommu.RegionBytes);
        if (what == "queue") return GuestHarness.QueueCall(viommu, 0, 0x5000);
        await iommu.Id(GuestHarness.QueueCall(viommu, 0, 0x5000));
        return GuestHarness.QueueCall(viommu, 1, 0x6000);
    }

    private sealed class SwitchedFailures : IFailureInjection
    {
        public volatile IFailureInjection Inner = NoFailures.Instance;

        public bool ShouldFail(string step) => Inner.ShouldFail(step);
    }
}
