using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Hardware;
using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Driver;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Hardware.Amd;

namespace Iommu.Tests.Actors.Amd;

/// <summary>
/// A guest on an AMD IOMMU under the whole simulator: 16 MiB of memory at address 0, tables of PASIDs that its device goes by, a queue for
/// its page faults and one for its events, and its page of registers.
/// </summary>
internal sealed class AmdGuest : IAsyncDisposable
{
    public const ulong Ring = 0x20_0000;
    public const ulong Semaphore = 0x30_0008;
    public const ushort VirtualId = 0x40;
    public const ushort Domain = 7;

    private const ulong Gcr = 0x10_0000;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private ulong _ram;
    private uint _tail;

    private AmdGuest(AmdMachine machine, ActorSystem system, IommufdContext context) =>
        (Machine, System, Context) = (machine, system, context);

    public AmdMachine Machine { get; }

    public ActorSystem System { get; }

    public IommufdContext Context { get; }

    public ObjectId Device { get; private set; }

    public ObjectId Viommu { get; private set; }

    public EventQueueAnswer Faults { get; private set; } = null!;

    public EventQueueAnswer Events { get; private set; } = null!;

    public GuestRegisters Registers { get; private set; } = null!;

    public CommandBuffer CommandBuffer => ((AmdViommu)Context.Table.Find(Viommu)!.Hardware!).CommandBuffer;

    public static async Task<AmdGuest> StartAsync()
    {
        var machine = AmdMachine.Create(new() { DevicesWithAts = 2 });
        var system = ActorSystem.Create("amd",
            ConfigurationFactory.ParseString("iommu.call-patience = 60s").WithFallback(SimulatorConfig.None));
        var memory = machine.CreateProcess();
        var context = await new IommuSimulator(system, machine.ToMachine()).OpenAsync("amd", new UserProcess(memory));
        return await new AmdGuest(machine, system, context).SetUp(memory, 0);
    }

    /// <summary>Another guest of the same context, with another device.</summary>
    public Task<AmdGuest> Another() => new AmdGuest(Machine, System, Context).SetUp(Machine.CreateProcess(), 1, Context);

    public Port OpenPort() => Machine.OpenPort((Iommu.Hardware.Drivers.PhysicalDevice)Context.Table.Find(Device)!.Hardware!);

    public void MapPage(int pasid, ulong va, ulong gpa) =>
        Write(Gcr + 0x1000 + (ulong)pasid * 0x4000 + 0x3000 + (va >> 12) * 8, gpa | 7);

    public void UnmapPage(int pasid, ulong va) => Write(Gcr + 0x1000 + (ulong)pasid * 0x4000 + 0x3000 + (va >> 12) * 8, 0);

    public ulong Physical(ulong gpa) => _ram + gpa;

    public ulong Read(ulong gpa) => Machine.Memory.Read64(Physical(gpa));

    public void Write(ulong gpa, ulong value) => Machine.Memory.Write64(Physical(gpa), value);

    /// <summary>What the guest's driver does: commands into the ring, then the tail into the register.</summary>
    public void Issue(params Command[] commands)
    {
        foreach (var command in commands)
        {
            Write(Ring + _tail, command.Word0);
            Write(Ring + _tail + 8, command.Word1);
            _tail = (_tail + 16) % 4096;
        }
        Registers.Write(QueueRegisters.CommandTailOffset, _tail);
    }

    public Task<ObjectId> GiveRing() => Ok(new HwQueueAlloc(Viommu, HwQueueType.AmdCommandBuffer, 0, Ring, 4096));

    public async Task<ObjectId> Ok(Call call)
    {
        var answer = await Context.CallAsync(call);
        Assert.Equal((call, Errno.None), (call, answer.Errno));
        return answer.Id;
    }

    /// <summary>The next record of a queue, whole.</summary>
    public static async Task<byte[]> Next(EventQueueAnswer queue)
    {
        await queue.File.PollAsync(Soon);
        return (await queue.File.ReadAsync(400)).Bytes.ToArray();
    }

    /// <summary>Waits for what hardware does on its own: it can only be looked at.</summary>
    public static void Until(Func<bool> done) => Assert.True(SpinWait.SpinUntil(done, Soon));

    public async ValueTask DisposeAsync() => await System.Terminate();

    private async Task<AmdGuest> SetUp(UserAddressSpace memory, int device, IommufdContext? other = null)
    {
        var user = memory.Allocate(GuestOnAmd.RamBytes, contiguous: true).Value;
        _ram = memory.Translate(user)!.Value;
        var context = other is null ? Context : other.As(new UserProcess(memory));
        Device = await Ok(new DeviceBind(Machine.Devices[device].Name));
        var ioas = await Ok(new IoasAlloc());
        var map = new IoasMap(
            ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable, user, GuestOnAmd.RamBytes, 0);
        Assert.Equal(Errno.None, (await context.CallAsync(map)).Errno);
        var parent = await Ok(new HwptAlloc(Device, ioas, HwptAllocFlags.NestParent));
        var viommu = (ViommuAnswer)await Context.CallAsync(new ViommuAlloc(Device, parent, ViommuType.Amd, 0, new byte[16]));
        Viommu = viommu.Viommu;
        var page = await Context.CallAsync(new Mmap(BitConverter.ToUInt64(viommu.Data.Span), PhysicalMemory.PageBytes));
        Registers = new GuestRegisters(Machine.Memory, page.Value);
        await Ok(new VdeviceAlloc(Viommu, Device, VirtualId));
        Faults = (EventQueueAnswer)await Context.CallAsync(new FaultQueueAlloc());
        Events = (EventQueueAnswer)await Context.CallAsync(new VeventqAlloc(Viommu, VeventqType.Amd, 8));
        BuildTables();
        await Ok(new DeviceAttach(Device, await Ok(new HwptAlloc(
            Device, Viommu, HwptAllocFlags.FaultIdValid, HwptDataType.AmdGuest, GuestOnAmd.Entry(Gcr, Domain), Faults.Queue))));
        return this;
    }

    private void BuildTables()
    {
        for (var pasid = 0UL; pasid < 4; pasid++)
        {
            var at = Gcr + 0x1000 + pasid * 0x4000;
            Write(Gcr + pasid * 8, at | 1);
            for (var level = 0UL; level < 3; level++) Write(at + level * 0x1000, (at + (level + 1) * 0x1000) | 7);
        }
    }
}
