using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>Areas are copied to another IOAS while they are unmapped, and both are to be mapped again.</summary>
internal sealed class CopyUnmap : ModelScenario
{
    private ObjectId _source;
    private ObjectId _destination;

    public override string Name => "copy-unmap";

    public override string Summary => "IOAS_COPY meets IOAS_UNMAP of its source and IOAS_MAP at its destination; steps may fail";

    public override int FailuresMax => 1;

    public override async Task SetUpAsync(World world)
    {
        (var device, _source) = await DeviceAsync(world);
        _destination = await world.CallAsync(new IoasAlloc());
        await world.CallAsync(new HwptAlloc(device, _source));
        await world.CallAsync(new HwptAlloc(device, _destination));
        await world.CallAsync(Map(world, _source, pages: 2));
    }

    public override void Start(World world)
    {
        const IoasMapFlags flags = IoasMapFlags.FixedIova | IoasMapFlags.Readable;
        world.Caller("copier", caller => caller.CallAsync(new IoasCopy(_destination, _source, flags, 2 * Page, Iova, Iova)));
        world.Caller("unmapper", caller => caller.CallAsync(new IoasUnmap(_source, Iova, 2 * Page)));
        world.Caller("mapper", caller => caller.CallAsync(Map(world, _destination, Iova + Page)));
    }
}
