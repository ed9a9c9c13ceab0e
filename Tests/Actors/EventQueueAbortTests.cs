using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.Tests.Ioctls;

namespace Iommu.Tests.Actors;

/// <summary>Every step of the creation of event queues, and of HWPTs with one, is made to fail and leaves nothing (I12).</summary>
public class EventQueueAbortTests
{
    /// <summary>What is done, and each step of it that can fail.</summary>
    public static readonly TheoryData<string, string> CreatingCalls = new()
    {
        { "fault queue", "open event file, reserve id, journal" },
        { "veventq", "open event file, reserve id, journal" },
        { "paging hwpt", "build hwpt, fill hwpt, reserve range, pin pages, map in a domain, find fault queue, reserve id, journal" },
        { "nested hwpt", "build nested hwpt, find fault queue, reserve id, journal" },
    };

    [Theory]
    [MemberData(nameof(CreatingCalls))]
    public async Task A_creation_that_fails_at_any_step_leaves_the_state_as_it_was(string what, string expected)
    {
        var steps = new List<string>();
        while (true)
        {
            var failures = new LateFailures();
            await using var iommu = await new SimulatorHarness().OpenAsync(failures: failures);
            var call = await Prepare(iommu, what);
            var findings = new Findings();
            var watch = iommu.Watch(findings);

            failures.Inner = new FailNth(steps.Count + 1);
            var answer = await watch.CallAsync(call);
            if (((FailNth)failures.Inner).Failed is not { } step)
            {
                Assert.Equal(Errno.None, answer.Errno);
                break;
            }
            Assert.Equal((step, Errno.ENOMEM), (step, answer.Errno));
            Assert.Empty(findings.All.SelectMany(found => found.Details.Prepend(found.What)));
            steps.Add(step);

            failures.Inner = NoFailures.Instance;
            await iommu.Expect(Errno.None, call);
        }
        Assert.Equal(expected, string.Join(", ", steps));
    }

    private static async Task<Call> Prepare(SimulatorHarness iommu, string what)
    {
        if (what == "fault queue") return new FaultQueueAlloc();
        var queue = await iommu.FaultQueue();
        var viommu = await iommu.Guest();
        if (what == "veventq") return new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, 4);
        var (device, ioas) = (await iommu.Bind("first-dev1"), await iommu.Ioas());
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x5000, pages: 3));
        return what == "paging hwpt"
            ? EventCalls.WithFaults(device, ioas, queue.Id)
            : SimulatorHarness.NestedCall(device, viommu) with { Flags = HwptAllocFlags.FaultIdValid, FaultQueue = queue.Id };
    }

    private sealed class LateFailures : IFailureInjection
    {
        public volatile IFailureInjection Inner = NoFailures.Instance;

        public bool ShouldFail(string step) => Inner.ShouldFail(step);
    }
}
