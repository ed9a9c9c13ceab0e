using System.Runtime.InteropServices;
using Iommu.Hardware;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>
/// On a VT-d: memory is unmapped from a second stage that a guest's first stage is nested on, for a device with a TLB, while another device
/// is attached to it and does DMA.
/// </summary>
internal sealed class UnmapNested : Scenario
{
    private const ulong Iova = 0x20_0000;
    private const uint AddressWidth = 48;

    private ObjectId _device;
    private ObjectId _ioas;
    private ObjectId _parent;

    public override string Name => "unmap-nested";

    public override string Summary => "IOAS_UNMAP of a nest parent meets the attach of another device to it, and its DMA";

    public override WorldHardware Build(Decoration decoration, Findings findings) => new VtdWorldHardware(decoration, findings);

    public override async Task SetUpAsync(World world)
    {
        var devices = world.Hardware.Machine.Devices;
        var nesting = await world.CallAsync(new DeviceBind(devices[0].Name));
        _device = await world.CallAsync(new DeviceBind(devices[1].Name));
        _ioas = await world.CallAsync(new IoasAlloc());
        _parent = await world.CallAsync(new HwptAlloc(nesting, _ioas, HwptAllocFlags.NestParent));
        var memory = world.Hardware.Memory.Allocate(PhysicalMemory.PageBytes).Value;
        const IoasMapFlags flags = IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable;
        await world.CallAsync(new IoasMap(_ioas, flags, memory, PhysicalMemory.PageBytes, Iova));
        var first = new IommuHwptVtdS1 { PgtblAddr = Iova, AddrWidth = AddressWidth };
        var data = MemoryMarshal.AsBytes(new Span<IommuHwptVtdS1>(ref first)).ToArray();
        var nested = await world.CallAsync(new HwptAlloc(nesting, _parent, HwptAllocFlags.None, HwptDataType.VtdS1, data));
        await world.CallAsync(new DeviceAttach(nesting, nested));
    }

    public override void Start(World world)
    {
        world.Caller("unmapper", caller => caller.CallAsync(new IoasUnmap(_ioas, Iova, PhysicalMemory.PageBytes)));
        world.Caller("device", async caller =>
        {
            await caller.CallAsync(new DeviceAttach(_device, _parent));
            var port = PortOf(world);
            for (var i = 0; i < 2; i++)
            {
                port.Begin(Iova, Access.Read);
                while (!port.Step()) await caller.PauseAsync();
            }
        });
    }

    public override Task CheckAsync(World world)
    {
        var result = PortOf(world).Translate(Iova, Access.Read);
        if (result.Succeeded) world.Findings.Report("I8", $"the device reaches 0x{result.Address:x}, which is unmapped");
        return Task.CompletedTask;
    }

    private static Port PortOf(World world) => ((VtdWorldHardware)world.Hardware).OpenPort(world.Hardware.Machine.Devices[1]);
}
