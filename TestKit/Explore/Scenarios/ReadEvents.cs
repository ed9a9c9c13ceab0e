using Iommu.Actors.Objects;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>A driver reports more events than their queue holds, while they are read; one read is into a buffer that fails.</summary>
internal sealed class ReadEvents : ModelScenario
{
    private const int Depth = 2;
    private const int Events = 4;
    private const int Reads = 3;
    private const int BufferBytes = 64;

    private ObjectId _viommu;
    private ObjectId _queue;

    public override string Name => "read-events";

    public override string Summary => "events of a vIOMMU meet reads of their queue, one of which fails; a report may find no memory";

    public override int FailuresMax => 1;

    public override async Task SetUpAsync(World world)
    {
        _viommu = (await GuestAsync(world)).Viommu;
        _queue = await world.CallAsync(new VeventqAlloc(_viommu, VeventqType.Selftest, Depth));
    }

    public override void Start(World world)
    {
        var checker = new VeventSequenceChecker($"event queue {_queue}", Depth, world.Findings);
        world.Caller("driver", async caller =>
        {
            var viommu = world.Context.Table.Find(_viommu)!.Actor;
            for (byte number = 1; number <= Events; number++)
            {
                var data = new byte[] { number };
                checker.Reporting(data);
                checker.Reported((await caller.AskAsync(viommu, new ReportVevent(VeventqType.Selftest, data))).Errno);
            }
        });
        world.Caller("reader", async caller =>
        {
            for (var number = 0; number < Reads; number++) await ReadAsync(caller, checker, fails: number == 0);
        });
    }

    private async Task ReadAsync(Caller caller, VeventSequenceChecker checker, bool fails)
    {
        var buffer = new byte[BufferBytes];
        var read = new Actors.Objects.ReadEvents(BufferBytes, (offset, bytes) =>
        {
            if (fails) return Errno.EFAULT;
            bytes.CopyTo(buffer.AsSpan(offset));
            return Errno.None;
        }, Positioned: false);
        checker.Reading();
        var answer = await caller.AskAsync(caller.World.Context.Table.Find(_queue)!.Actor, read);
        checker.Read(answer, buffer.AsSpan(0, (int)answer.Value));
    }
}
