using System.Runtime.InteropServices;
using Iommu.Actors.Uapi;
using Iommu.Hardware.Memory;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>
/// A thread makes a fault queue by its ioctl, and another one unmaps the memory that its answer is to be copied to: the queue and its file
/// are there by then, and must come to nothing.
/// </summary>
internal sealed class AllocMunmap : Scenario
{
    private ulong _structure;

    public override string Name => "alloc-munmap";

    public override string Summary => "IOMMU_FAULT_QUEUE_ALLOC meets munmap() of its structure; each of its steps may fail";

    public override int FailuresMax => 1;

    // Of no device; not the model's, which knows calls and no ioctls.
    public override WorldHardware Build(Decoration decoration, Findings findings) => new SmmuWorldHardware(decoration, findings);

    public override Task SetUpAsync(World world)
    {
        var command = new IommuFaultAlloc { Size = IommuFaultAlloc.SizeMinBytes };
        _structure = world.Hardware.Memory.Allocate(PhysicalMemory.PageBytes).Value;
        world.Hardware.Memory.Write(_structure, MemoryMarshal.AsBytes(new ReadOnlySpan<IommuFaultAlloc>(in command)));
        return Task.CompletedTask;
    }

    public override void Start(World world)
    {
        var file = new IommufdFile(world.Context);
        world.Caller("allocator", caller => caller.IoctlAsync(file, (uint)Ioctl.FaultQueueAlloc, _structure));
        world.Caller("unmapper", async caller =>
        {
            await caller.PauseAsync();
            world.Hardware.Memory.Free(_structure);
        });
    }
}
