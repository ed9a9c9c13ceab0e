using Iommu.Hardware.Memory;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>Memory is unmapped while a device with a cache of its own is attached to it, and does DMA.</summary>
internal sealed class InvalidateAttach : SmmuScenario
{
    private const ulong Iova = 0x20_0000;

    private ObjectId _device;
    private ObjectId _ioas;
    private ObjectId _hwpt;

    public override string Name => "invalidate-attach";

    public override string Summary => "IOAS_UNMAP meets the attach of a device that has an ATC, and its DMA";

    public override WorldHardware Build(Decoration decoration, Findings findings) =>
        new SmmuWorldHardware(decoration, findings, withAts: 2);

    public override async Task SetUpAsync(World world)
    {
        _device = await world.CallAsync(new DeviceBind(Device(world, 0).Name));
        _ioas = await world.CallAsync(new IoasAlloc());
        _hwpt = await world.CallAsync(new HwptAlloc(_device, _ioas));
        var memory = world.Hardware.Memory.Allocate(PhysicalMemory.PageBytes).Value;
        const IoasMapFlags flags = IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable;
        await world.CallAsync(new IoasMap(_ioas, flags, memory, PhysicalMemory.PageBytes, Iova));
    }

    public override void Start(World world)
    {
        world.Caller("unmapper", caller => caller.CallAsync(new IoasUnmap(_ioas, Iova, PhysicalMemory.PageBytes)));
        world.Caller("device", async caller =>
        {
            var port = HardwareOf(world).OpenPort(Device(world, 0));
            await TranslateAsync(caller, port, Iova);
            await caller.CallAsync(new DeviceAttach(_device, _hwpt));
            for (var i = 0; i < 2; i++) await TranslateAsync(caller, port, Iova);
        });
    }

    public override Task CheckAsync(World world)
    {
        var result = HardwareOf(world).OpenPort(Device(world, 0)).Translate(Iova, Hardware.Access.Read);
        if (result.Succeeded) world.Findings.Report("I8", $"the device reaches 0x{result.Address:x}, which is unmapped");
        return Task.CompletedTask;
    }
}
