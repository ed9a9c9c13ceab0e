using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Objects;
using Iommu.Actors.Selftest;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;

namespace Iommu.Tests.Checkers;

/// <summary>The checks of a quiet point on a context with a little of everything, as it is and with something wrong.</summary>
public sealed class QuietPointTests : IAsyncLifetime
{
    private readonly Smmuv3Machine _machine = Smmuv3Machine.Create();
    private readonly ActorSystem _system = ActorSystem.Create("quiet", SimulatorConfig.None);
    private readonly Findings _findings = new();
    private readonly Iommu.Hardware.Memory.UserAddressSpace _memory;
    private IommufdContext _context = null!;
    private ObjectId _device;
    private ulong _buffer;

    public QuietPointTests() => _memory = _machine.CreateProcess();

    public async Task InitializeAsync()
    {
        var machine = new Machine(_machine.Devices, [.. _machine.Drivers.Select(driver => driver.Queue)]);
        _context = await new IommuSimulator(_system, machine).OpenAsync("quiet", new UserProcess(_memory));
        _buffer = _memory.Allocate(1 << 20).Value;
        _device = await Id(new DeviceBind(_machine.Devices[0].Name));
        var ioas = await Id(new IoasAlloc());
        await Id(new IoasMap(ioas, IoasMapFlags.Readable | IoasMapFlags.FixedIova, _buffer, 1 << 20, 1 << 24));
        var parent = await Id(new HwptAlloc(_device, ioas, HwptAllocFlags.NestParent));
        var viommu = await Id(new ViommuAlloc(_device, parent, ViommuType.ArmSmmuv3));
        await Id(new VdeviceAlloc(viommu, _device, 8));
        await Id(new DeviceAttach(_device, ioas));
    }

    public async Task DisposeAsync() => await _system.Terminate();

    [Fact]
    public async Task A_context_as_it_should_be_passes()
    {
        await CheckAll();
        Assert.Empty(_findings.All);
        await _context.CallAsync(new Close());
        Assert.Equal(0, _memory.PinnedTotal);
    }

    [Fact]
    public async Task What_an_open_file_holds_is_no_leak_and_what_nobody_holds_is_one()
    {
        var file = ((EventQueueAnswer)await _context.CallAsync(new FaultQueueAlloc())).File;
        await CheckAll();
        Assert.Empty(_findings.All);
        file.Closed();
        var queue = _context.Table.Find(new ObjectId(7))!.Actor;
        Assert.True(await queue.Ask<bool>(new Inspect(found => found is { Type: ObjectType.Fault, Holds: 0 })));
        queue.Tell(new Adopt(new FaultQueueBlueprint(queue, TimeSpan.Zero)));
        await CheckAll();
        Assert.Contains("Fault 7 has users 2, the graph says 1", Assert.Single(_findings.All).What);
    }

    [Fact]
    public async Task A_reference_that_nobody_drops_is_found_as_I1()
    {
        // What only a recovery sends takes a short-term count that no vDEVICE will give back.
        var vdevice = _context.Table.Find(_device)!.Actor;
        vdevice.Tell(new VdeviceRestored(vdevice));
        await CheckAll();
        var found = Assert.Single(_findings.All);
        Assert.Equal("I1", found.Invariant);
        Assert.Contains("Device 1 has wait_cnt 3, with no call in flight it is 2", found.What);
    }

    [Fact]
    public async Task A_reference_that_is_dropped_twice_is_found_as_I1()
    {
        _context.Table.Find(new ObjectId(2), ObjectType.Ioas)!.Actor.Tell(Release.Dependant);
        await CheckAll();
        Assert.Contains("Ioas 2 has users", Assert.Single(_findings.All).What);
    }

    [Fact]
    public async Task An_id_that_is_freed_under_its_object_is_found_as_I1()
    {
        _context.Actor.Tell(new GiveUp(_device, Errno.ENOMEM));
        await CheckAll();
        Assert.Contains("5 ids are taken by 6 objects and 0 tombstones", Assert.Single(_findings.All).What);
    }

    [Fact]
    public async Task A_pin_that_no_area_accounts_for_is_found_as_I5()
    {
        _memory.Pin(_buffer + 4096, new ulong[1]);
        await CheckAll();
        Assert.All(_findings.All, found => Assert.Equal("I5", found.Invariant));
        Assert.Contains(_findings.All, found => found.What.Contains("257 pins stand, its areas and accesses account for 256"));
    }

    private async Task CheckAll()
    {
        await ReferenceCountChecker.CheckAsync(_context, _findings);
        await MappingChecker.CheckAsync(_context, _memory, _findings);
    }

    private async Task<ObjectId> Id(Call call)
    {
        var answer = await _context.CallAsync(call);
        Assert.Equal(Errno.None, answer.Errno);
        return answer.Id;
    }
}
