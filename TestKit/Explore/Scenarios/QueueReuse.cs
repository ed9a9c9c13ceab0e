using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>A VCMDQ is destroyed while hardware drains it, and given out again.</summary>
internal sealed class QueueReuse : SmmuScenario
{
    private const ulong Ring = 0x200_0000_0000;
    private const int RingLog2 = 8;
    private const ulong RingBytes = 16UL << RingLog2;

    private Guest _guest = null!;
    private ulong _registers;

    public override string Name => "queue-reuse";

    public override string Summary => "doorbells of a VCMDQ meet its DESTROY, and its next owner looks at its registers";

    public override WorldHardware Build(Decoration decoration, Findings findings) =>
        new SmmuWorldHardware(decoration, findings, cmdqv: new CmdqvParameters(1, 2, 2));

    public override async Task SetUpAsync(World world)
    {
        _guest = await Guest.SetUpAsync(world, Device(world, 0), new Tegra241GuestIommu(), (Ring, RingBytes));
        var window = _guest.Vmm.Registers;
        _registers = (await world.AnswerAsync(new Mmap(window.Offset, window.LengthBytes))).Value;
    }

    public override void Start(World world)
    {
        world.Caller("guest", async caller =>
        {
            for (var owner = 0; owner < 2; owner++) await OwnAsync(caller);
            await caller.CallAsync(new Munmap(_guest.Vmm.Registers.Offset));
        });
    }

    /// <summary>Nothing of an owner before is there (I10); what is rung for is drained, or lost with the queue.</summary>
    private async Task OwnAsync(Caller caller)
    {
        var made = await caller.CallAsync(new HwQueueAlloc(_guest.Vmm.Viommu, HwQueueType.Tegra241Cmdqv, 0, Ring, RingBytes));
        if (made.Errno != Errno.None)
        {
            caller.World.Findings.Report("I10", $"the queue is not given out again: {made.Errno}");
            return;
        }
        var ring = new VcmdqRing(
            "the queue", HardwareOf(caller.World).Physical, _guest.Driver.Memory.PhysicalOf(Ring), RingLog2, _registers, 0);
        QueueOwnerChecker.Check(ring.Name, ring.LeftOver, caller.World.Findings);
        ring.Enable();
        for (var i = 0; i < 3; i++)
        {
            var (invalidation, sync) = (Command.NhAsid(0, _guest.Space.Asid), VcmdqRing.Sync);
            ring.Produce([invalidation.Word0, invalidation.Word1, sync.Word0, sync.Word1]);
            await caller.PauseAsync();
        }
        await caller.CallAsync(new Destroy(made.Id));
    }
}
