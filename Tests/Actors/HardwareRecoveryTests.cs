using Akka.Actor;
using Iommu.Actors;
using Iommu.Hardware;
using Iommu.Hardware.Amd;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Vtd;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors;

/// <summary>Hardware that has outlived a crash of the core, with all that it has cached, obeys the core that comes after.</summary>
public sealed class HardwareRecoveryTests : IDisposable
{
    private const ulong Iova = 0x4000_0000;

    private readonly string _folder = Directory.CreateTempSubdirectory("iommu-").FullName;

    [Theory]
    [InlineData("smmuv3")]
    [InlineData("amd")]
    [InlineData("vtd")]
    public async Task A_device_that_was_attached_before_a_crash_does_not_reach_what_is_unmapped_after_it(string hardware)
    {
        var (machine, memory, translates) = Create(hardware);
        var process = new UserProcess(memory);
        ObjectId device, ioas;
        await using (var first = new Run(_folder, machine))
        {
            await first.Open(process);
            device = await first.Ok(new DeviceBind(machine.Devices[0].Name));
            ioas = await first.Ok(new IoasAlloc());
            await first.Ok(new IoasMap(ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable,
                memory.Allocate(0x2000, contiguous: true).Value, 0x2000, Iova));
            await first.Ok(new DeviceAttach(device, ioas));
            Assert.True(translates(Iova) && translates(Iova + 0x1000));
        }
        Assert.True(translates(Iova));

        await using var second = new Run(_folder, machine);
        await second.Open(process);
        Assert.True(translates(Iova));
        await second.Ok(new IoasUnmap(ioas, Iova, 0x2000));
        Assert.False(translates(Iova) || translates(Iova + 0x1000));
        await second.Ok(new DeviceDetach(device));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static (Machine Machine, UserAddressSpace Memory, Func<ulong, bool> Translates) Create(string hardware)
    {
        switch (hardware)
        {
            case "smmuv3":
                var arm = Smmuv3Machine.Create(new() { DevicesWithAts = 1 });
                var stream = arm.OpenPort(arm.Devices[0]);
                return (arm.ToMachine(), arm.CreateProcess(), iova => stream.Translate(iova, Access.Read).Succeeded);
            case "amd":
                var amd = AmdMachine.Create(new() { DevicesWithAts = 1 });
                var port = amd.OpenPort(amd.Devices[0]);
                return (amd.ToMachine(), amd.CreateProcess(), iova => port.Translate(iova, Access.Read).Succeeded);
            default:
                var intel = VtdMachine.Create(new() { DevicesWithAts = 1 });
                var requester = intel.OpenPort(intel.Devices[0]);
                return (intel.ToMachine(), intel.CreateProcess(), iova => requester.Translate(iova, Access.Read).Succeeded);
        }
    }

    private sealed class Run(string folder, Machine machine) : IAsyncDisposable
    {
        private readonly ActorSystem _system = ActorSystem.Create("run", SimulatorConfig.Sqlite(Path.Combine(folder, "journal.db")));
        private IommufdContext _context = null!;

        public async Task Open(UserProcess process) => _context = await new IommuSimulator(_system, machine).OpenAsync("test", process);

        public async Task<ObjectId> Ok(Call call)
        {
            var answer = await _context.CallAsync(call);
            Assert.Equal((call, Errno.None), (call, answer.Errno));
            return answer.Id;
        }

        public async ValueTask DisposeAsync() => await _system.Terminate();
    }
}
