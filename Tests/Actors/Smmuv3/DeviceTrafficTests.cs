using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Hardware;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Processors;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Driver;
using Iommu.Hardware.Smmuv3.Formats;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Ioctls;

namespace Iommu.Tests.Actors.Smmuv3;

/// <summary>From a device behind an SMMUv3 to the files of user space and back, with nothing standing in.</summary>
public class DeviceTrafficTests : IAsyncLifetime
{
    private const ulong Iova = 0x4000_0000;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly Smmuv3Machine _machine = Smmuv3Machine.Create(new()
    {
        DevicesStall = true, PasidBits = 8, Registers = Registers.Complete,
    });

    private ActorSystem _system = null!;
    private UserAddressSpace _memory = null!;
    private IommufdContext _context = null!;

    public async Task InitializeAsync()
    {
        _system = ActorSystem.Create(
            "smmuv3", ConfigurationFactory.ParseString("iommu.call-patience = 60s").WithFallback(SimulatorConfig.None));
        _memory = _machine.CreateProcess();
        _context = await new IommuSimulator(_system, _machine.ToMachine()).OpenAsync("test", new UserProcess(_memory));
    }

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public async Task A_stalled_access_is_read_as_a_fault_and_goes_through_after_the_page_is_mapped_and_the_answer_written()
    {
        var (device, ioas, faults) = (await Bind(0), await Id(new IoasAlloc()), await Open(new FaultQueueAlloc()));
        await Id(new DeviceAttach(device, await Id(EventCalls.WithFaults(device, ioas, faults.Id))));
        var port = _machine.OpenPort(_machine.Devices[0]);
        Assert.Equal(TranslationKind.Stalled, port.Translate(Iova + 4, Access.Write).Kind);
        await faults.File.PollAsync(Soon);
        var bytes = (await faults.File.ReadAsync(40)).Bytes.ToArray();
        Assert.Equal((device.Value, Iova + 4), (BitConverter.ToUInt32(bytes, 4), BitConverter.ToUInt64(bytes, 24)));
        await Id(Map(ioas));
        Assert.Equal(Errno.None, (await faults.File.Respond((BitConverter.ToUInt32(bytes, 36), 0))).Errno);
        Assert.True(Finish(port).Succeeded);
    }

    [Fact]
    public async Task A_stalled_access_aborts_when_nobody_handles_faults_and_when_its_attachment_ends()
    {
        var (device, ioas, faults) = (await Bind(0), await Id(new IoasAlloc()), await Open(new FaultQueueAlloc()));
        var other = await Bind(1);
        await Id(new DeviceAttach(other, ioas));
        var unhandled = _machine.OpenPort(_machine.Devices[1]);
        unhandled.Translate(Iova, Access.Read);
        // The answer comes by a message: the calls on the other device take longer.
        await Id(new DeviceAttach(device, await Id(EventCalls.WithFaults(device, ioas, faults.Id))));
        var port = _machine.OpenPort(_machine.Devices[0]);
        port.Translate(Iova, Access.Read);
        await faults.File.PollAsync(Soon);
        await Id(new DeviceDetach(device));
        Assert.Equal(EventType.F_TRANSLATION, Finish(port).Event);
        await Id(new DeviceDetach(other));
        Assert.Equal(EventType.F_TRANSLATION, Finish(unhandled).Event);
    }

    [Fact]
    public async Task A_PASID_is_attached_translates_and_is_named_in_its_faults()
    {
        var (device, ioas, faults) = (await Bind(0), await Id(new IoasAlloc()), await Open(new FaultQueueAlloc()));
        var own = await Id(new HwptAlloc(device, ioas, HwptAllocFlags.Pasid));
        var pasid = await Id(new HwptAlloc(
            device, await Id(new IoasAlloc()), HwptAllocFlags.Pasid | HwptAllocFlags.FaultIdValid, FaultQueue: faults.Id));
        await Id(new DeviceAttach(device, own));
        await Id(new DeviceAttach(device, pasid, Pasid: 9));
        await Id(Map(ioas));
        Assert.True(_machine.OpenPort(_machine.Devices[0]).Translate(Iova, Access.Read).Succeeded);
        var port = _machine.OpenPort(_machine.Devices[0], pasid: 9);
        Assert.Equal(TranslationKind.Stalled, port.Translate(Iova, Access.Read).Kind);
        await faults.File.PollAsync(Soon);
        var bytes = (await faults.File.ReadAsync(40)).Bytes.ToArray();
        Assert.Equal((3u, 9u), (BitConverter.ToUInt32(bytes), BitConverter.ToUInt32(bytes, 8)));
        await Id(new DeviceDetach(device, Pasid: 9));
        Assert.Equal(EventType.F_TRANSLATION, Finish(port).Event);
    }

    [Fact]
    public async Task A_fault_of_a_guests_first_stage_is_read_from_its_event_queue_with_the_virtual_stream_id()
    {
        var (device, viommu, _) = await Guest();
        var events = await Open(new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, 8));
        await Id(new VdeviceAlloc(viommu, device, 0x77));
        // A table of descriptors where there is memory, all zero.
        byte[] entry = [.. BitConverter.GetBytes(Iova | (5UL << 1) | 1), .. BitConverter.GetBytes(1UL << 27)];
        await Id(new DeviceAttach(device, await Id(new HwptAlloc(device, viommu, DataType: HwptDataType.ArmSmmuv3, Data: entry))));
        Assert.Equal(EventType.C_BAD_CD, _machine.OpenPort(_machine.Devices[0]).Translate(0x1000, Access.Read).Event);
        await events.File.PollAsync(Soon);
        var bytes = (await events.File.ReadAsync(400)).Bytes.ToArray();
        Assert.Equal((40, (byte)EventType.C_BAD_CD, 0x77u), (bytes.Length, bytes[8], BitConverter.ToUInt32(bytes, 12)));
    }

    [Fact]
    public async Task A_vIOMMU_that_is_given_its_VM_has_its_VMID_and_a_second_one_is_refused()
    {
        var vm = _machine.Kvm.Create("vm")!;
        var (device, viommu, parent) = await Guest(vm);
        Assert.Equal(vm.Vmid, ((Smmuv3Viommu)_context.Table.Find(viommu)!.Hardware!).Vmid);
        var again = new ViommuAlloc(device, parent, ViommuType.ArmSmmuv3) { Vm = vm };
        Assert.Equal(Errno.EBUSY, (await _context.CallAsync(again)).Errno);
        await Id(new Destroy(viommu));
        await Id(again);
    }

    private async Task<(ObjectId Device, ObjectId Viommu, ObjectId Parent)> Guest(Kvm? vm = null)
    {
        var (device, ioas) = (await Bind(0), await Id(new IoasAlloc()));
        await Id(Map(ioas));
        var parent = await Id(new HwptAlloc(device, ioas, HwptAllocFlags.NestParent));
        return (device, await Id(new ViommuAlloc(device, parent, ViommuType.ArmSmmuv3) { Vm = vm }), parent);
    }

    private Task<ObjectId> Bind(int index) => Id(new DeviceBind(_machine.Devices[index].Name));

    private IoasMap Map(ObjectId ioas) => new(ioas,
        IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable, _memory.Allocate(0x1000, true).Value, 0x1000, Iova);

    private async Task<ObjectId> Id(Call call)
    {
        var answer = await _context.CallAsync(call);
        Assert.Equal((call.GetType(), Errno.None), (call.GetType(), answer.Errno));
        return answer.Id;
    }

    private async Task<EventQueueAnswer> Open(Call call) => Assert.IsType<EventQueueAnswer>(await _context.CallAsync(call));

    private static Translation Finish(Port port)
    {
        for (var steps = 0; !port.Step(); steps++) Assert.InRange(steps, 0, 1_000);
        return port.Result;
    }
}
