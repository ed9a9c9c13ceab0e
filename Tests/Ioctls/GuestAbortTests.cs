using Iommu.Actors.Core;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.Tests.Actors;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Ioctls;

/// <summary>Every step of every call that gives something to a guest is made to fail, one after the other (I12).</summary>
public class GuestAbortTests
{
    /// <summary>What is done, and each step of it that can fail.</summary>
    public static readonly TheoryData<string, string> CreatingCalls = new()
    {
        { "viommu", "build viommu, alloc mmap, reserve id, journal" },
        { "nested on viommu", "build nested hwpt, reserve id, journal" },
        { "nested on parent", "build nested hwpt, reserve id, journal" },
        { "vdevice", "build vdevice, reserve id, journal" },
        { "queue", "build hw queue, pin ring, add access, pin pages, init hw queue, reserve id, journal" },
        { "dependent queue", "build hw queue, pin ring, add access, pin pages, init hw queue, reserve id, journal" },
        { "map region", "map region" },
    };

    [Theory]
    [MemberData(nameof(CreatingCalls))]
    public async Task A_creation_that_fails_at_any_step_leaves_the_state_as_it_was(string what, string expected)
    {
        var steps = new List<string>();
        for (var n = 1; ; n++)
        {
            var failures = new SwitchedFailures();
            await using var iommu = await new GuestHarness().OpenAsync(failures);
            var problems = iommu.CollectProblems();
            var call = await Prepare(iommu, what);
            var findings = new Findings();
            var watch = iommu.Watch(findings);

            failures.Inner = new FailNth(n);
            var answer = await watch.CallAsync(call);
            if (((FailNth)failures.Inner).Failed is not { } step)
            {
                Assert.Equal(Errno.None, answer.Errno);
                Assert.Equal(expected, string.Join(", ", steps));
                return;
            }
            steps.Add(step);
            Assert.Equal((step, Errno.ENOMEM), (step, answer.Errno));
            Assert.Empty(findings.All.SelectMany(found => found.Details.Prepend(found.What)));
            await iommu.BooksBalance();
            Assert.Empty(await problems());

            failures.Inner = NoFailures.Instance;
            await iommu.Expect(Errno.None, call);
            Assert.Equal(0UL, (await iommu.Context.CloseAsync()).Value);
            Assert.Equal((0, 0), (iommu.First.Live, iommu.Memory.Pins));
        }
    }

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
