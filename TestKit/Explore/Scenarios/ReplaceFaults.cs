using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>A device faults while it is moved from one HWPT to another, each with a fault queue of its own, and detached.</summary>
internal sealed class ReplaceFaults : ModelScenario
{
    private const int Groups = 3;

    private ObjectId _device;
    private ObjectId _other;

    public override string Name => "replace-faults";

    public override string Summary => "page faults of a device meet the replace of its HWPT, and so of the fault queue, and its detach";

    public override async Task SetUpAsync(World world)
    {
        (_device, var ioas) = await DeviceAsync(world, Alone);
        var first = await HwptAsync(world, ioas);
        _other = await HwptAsync(world, ioas);
        await world.CallAsync(new DeviceAttach(_device, first));
    }

    public override void Start(World world)
    {
        var physical = world.Hardware.Machine.Find(Alone)!;
        world.Caller("device", async caller =>
        {
            for (var group = 1u; group <= Groups; group++)
            {
                world.Simulator.ReportFault(
                    physical, new PageFault(PageFaultFlags.LastPage, 0, group, PageFaultPermissions.Read, Iova));
                await caller.PauseAsync();
            }
        });
        world.Caller("mover", async caller =>
        {
            await caller.CallAsync(new DeviceAttach(_device, _other));
            await caller.CallAsync(new DeviceDetach(_device));
        });
    }

    /// <summary>Every attachment has ended, and every group in exactly one answer (I6).</summary>
    public override Task CheckAsync(World world)
    {
        var answered = ((ModelWorldHardware)world.Hardware).Answered;
        if (answered != Groups) world.Findings.Report("I6", $"{Groups} groups of page faults were reported, and {answered} answered");
        return Task.CompletedTask;
    }

    private async Task<ObjectId> HwptAsync(World world, ObjectId ioas)
    {
        var queue = await world.CallAsync(new FaultQueueAlloc());
        return await world.CallAsync(new HwptAlloc(_device, ioas, HwptAllocFlags.FaultIdValid, FaultQueue: queue));
    }
}
