using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Vtd;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers.Vtd;
using Iommu.Tests.Hardware.Smmuv3;
using Port = Iommu.Hardware.Vtd.Port;

namespace Iommu.Tests.Hardware.Vtd;

/// <summary>
/// Random interleavings, a step at a time, of devices' requests with table edits and invalidations of a host's first stage, a guest's
/// first stage and the second stage below it, half of the devices with a TLB of their own. Every mapping leads to an address of its
/// own, so that what a request reaches tells which mapping it used, and whether that was gone before the request ended.
/// </summary>
internal sealed class InvalidationChaos
{
    private const ulong Ram = 1UL << 40;
    private const ulong SlotGpa = 0x1000_0000;
    private const ulong LargeGpa = 0x2000_0000;
    private const ulong LargeVa = 0x20_0000;
    private const int Slots = 8;
    private const int LargePages = 8;
    private const uint Pasid = 77;

    private readonly Random _random;
    private readonly VtdMachine _machine;
    private readonly IPagingDomain _host;
    private readonly IPagingDomain _parent;
    private readonly INestedDomain _nested;
    private readonly List<Agent> _agents = [];
    private readonly Dictionary<ulong, long> _retiredPhysical = [];
    private readonly Dictionary<ulong, ulong> _gpaOfPhysical = [];
    private readonly Dictionary<(ulong Va, ulong Gpa), long> _retiredGuest = [];
    private readonly ulong?[] _guestSlots = new ulong?[Slots];
    private ulong _nextPhysical = 1UL << 41;
    private long _now;

    public InvalidationChaos(int seed, Func<ICommandQueue, ICommandQueue>? fault = null)
    {
        _random = new Random(seed);
        StaleTranslation? checker = null;
        _machine = VtdMachine.Create(new VtdMachineOptions
        {
            DevicesWithAts = 2,
            CacheSizes = seed % 2 == 0 ? VtdCacheSizes.Tiny : VtdCacheSizes.Default,
            DecorateQueue = (unit, queue) => (checker = new StaleTranslation(unit)).Watch(fault is null ? queue : fault(queue)),
        });
        Checker = checker!;
        var driver = _machine.Drivers[0];
        _host = driver.AllocPaging(_machine.Devices[0], HwptAllocFlags.Pasid).Value!;
        _parent = driver.AllocPaging(_machine.Devices[1], HwptAllocFlags.NestParent).Value!;
        _nested = driver.AllocNested(_machine.Devices[1], _parent, HwptAllocFlags.Pasid, VtdParts.FirstStage(0x1000)).Value!;
        SetUpGuest();
        for (var i = 0; i < 4; i++)
        {
            var (device, isGuest) = (_machine.Devices[i], i % 2 == 1);
            Plan.Run(driver.Attach(device, null, isGuest ? _nested : _host).Value!);
            Plan.Run(driver.AttachPasid(device, Pasid, null, isGuest ? _nested : _host).Value!);
            foreach (uint? pasid in new uint?[] { null, Pasid })
                _agents.Add(new Agent(_machine.OpenPort(device, pasid, Checker.CreateWitness(device.Name)), isGuest));
        }
    }

    public StaleTranslation Checker { get; }

    /// <summary>Requests that reached memory through a mapping whose removal had been reported done.</summary>
    public List<string> Wrong { get; } = [];

    public long Succeeded { get; private set; }

    public void Run(int steps)
    {
        var runner = new PlanRunner(_machine.Drivers[0].Queue, Software().GetEnumerator());
        for (; _now < steps; _now++)
        {
            if (_random.Next(3) == 0) Assert.True(runner.Step(_random.Next(1, 4)));
            else Step(_agents[_random.Next(_agents.Count)]);
        }
    }

    private void Step(Agent agent)
    {
        if (!agent.InFlight)
        {
            agent.Va = agent.IsGuest && _random.Next(2) == 0
                ? LargeVa + ((ulong)_random.Next(LargePages) << 12) : (ulong)_random.Next(Slots) << 12;
            agent.InFlight = true;
            agent.Port.Begin(agent.Va, _random.Next(2) == 0 ? Access.Read : Access.Write);
        }
        else if (agent.Port.Step())
        {
            agent.InFlight = false;
            if (agent.Port.Result.Succeeded) Judge(agent, agent.Port.Result.Address);
        }
    }

    // Also when it started before: the wait descriptor had to wait for it.
    private void Judge(Agent agent, ulong physical)
    {
        Succeeded++;
        if (_retiredPhysical[physical] < _now)
            Wrong.Add($"0x{agent.Va:x} reached 0x{physical:x}, retired at {_retiredPhysical[physical]}");
        else if (agent.IsGuest && _retiredGuest[(agent.Va, _gpaOfPhysical[physical])] < _now)
            Wrong.Add($"0x{agent.Va:x} reached 0x{physical:x} by a first stage that was gone");
    }

    private IEnumerable<CommandBatch> Software()
    {
        while (true)
        {
            var plan = _random.Next(9) switch
            {
                0 or 1 => EditHost((ulong)_random.Next(Slots) << 12),
                2 or 3 => EditGuest(_random.Next(Slots)),
                4 => MoveLarge(),
                5 => Reattach(_machine.Devices[_random.Next(2) * 2], _random.Next(2) == 0),
                _ => EditParent(_random.Next(4) == 0 ? SlotGpa + ((ulong)_random.Next(Slots) << 12) : RandomLargePage()),
            };
            foreach (var batch in plan) yield return batch;
        }
    }

    private ulong RandomLargePage() => LargeGpa + ((ulong)_random.Next(2) << 21) + ((ulong)_random.Next(LargePages) << 12);

    private IEnumerable<CommandBatch> EditHost(ulong iova)
    {
        if (_host.Lookup(iova) is { } old)
        {
            _host.Unmap(iova, 0x1000);
            foreach (var batch in _host.Flush(iova, 0x1000)) yield return batch;
            _retiredPhysical[old] = _now;
        }
        if (_random.Next(4) != 0) MapFresh(_host, iova, 0);
    }

    private IEnumerable<CommandBatch> EditParent(ulong gpa)
    {
        if (_parent.Lookup(gpa) is { } old)
        {
            _parent.Unmap(gpa, 0x1000);
            foreach (var batch in _parent.Flush(gpa, 0x1000)) yield return batch;
            _retiredPhysical[old] = _now;
        }
        MapFresh(_parent, gpa, gpa);
    }

    private IEnumerable<CommandBatch> EditGuest(int slot)
    {
        var va = (ulong)slot << 12;
        if (_guestSlots[slot] is { } old)
        {
            Put(0x4000 + (ulong)slot * 8, 0);
            yield return _nested.Invalidate(RandomForm(va)).Batch!;
            _retiredGuest[(va, old)] = _now;
        }
        var gpa = SlotGpa + ((ulong)_random.Next(Slots) << 12);
        _guestSlots[slot] = gpa;
        _retiredGuest[(va, gpa)] = long.MaxValue;
        Put(0x4000 + (ulong)slot * 8, gpa | 7);
    }

    // A large first-stage page over small second-stage ones: an invalidation of it must remove all of its pieces.
    private IEnumerable<CommandBatch> MoveLarge()
    {
        var old = _machine.Memory.Read64(Ram + 0x3008) & 0x3FE0_0000;
        Put(0x3008, 0);
        yield return _nested.Invalidate(VtdParts.Invalidation(LargeVa, 512, flags: 1)).Batch!;
        SetLarge(old, _now);
        var next = LargeGpa + ((ulong)_random.Next(2) << 21);
        SetLarge(next, long.MaxValue);
        Put(0x3008, next | 0x87);
    }

    private void SetLarge(ulong gpa, long retired)
    {
        for (var page = 0UL; page < LargePages; page++) _retiredGuest[(LargeVa + (page << 12), gpa + (page << 12))] = retired;
    }

    private IEnumerable<CommandBatch> Reattach(PhysicalDevice device, bool withPasid)
    {
        var driver = _machine.Drivers[0];
        IEnumerable<CommandBatch> Move(IDomain? from, IDomain? to) =>
            (withPasid ? driver.AttachPasid(device, Pasid, from, to) : driver.Attach(device, from, to)).Value!;
        foreach (var batch in Move(_host, null).Concat(Move(null, _host))) yield return batch;
    }

    private byte[] RandomForm(ulong va) => _random.Next(4) switch
    {
        0 => VtdParts.Invalidation(0, ulong.MaxValue),
        1 => VtdParts.Invalidation(0, Slots, flags: 1),
        _ => VtdParts.Invalidation(va, 1, flags: (uint)_random.Next(2)),
    };

    private void MapFresh(IPagingDomain domain, ulong iova, ulong gpa)
    {
        var physical = _nextPhysical;
        _nextPhysical += 0x1000;
        _retiredPhysical[physical] = long.MaxValue;
        _gpaOfPhysical[physical] = gpa;
        domain.Map(iova, physical, 0x1000, Access.ReadWrite);
    }

    // Tables from GPA 0x1000: eight pages from VA 0, one page of 2 MiB above.
    private void SetUpGuest()
    {
        _parent.Map(0, Ram, 0x10_0000, Access.ReadWrite);
        for (var slot = 0UL; slot < Slots; slot++) MapFresh(_parent, SlotGpa + (slot << 12), SlotGpa + (slot << 12));
        for (var i = 0UL; i < 2 * LargePages; i++)
        {
            var gpa = LargeGpa + ((i / LargePages) << 21) + ((i % LargePages) << 12);
            MapFresh(_parent, gpa, gpa);
        }
        Put(0x1000, 0x2007);
        Put(0x2000, 0x3007);
        Put(0x3000, 0x4007);
        SetLarge(LargeGpa, long.MaxValue);
        Put(0x3008, LargeGpa | 0x87);
    }

    private void Put(ulong gpa, ulong value) => _machine.Memory.Write64(Ram + gpa, value);

    private sealed class Agent(Port port, bool isGuest)
    {
        public Port Port { get; } = port;

        public bool IsGuest { get; } = isGuest;

        public bool InFlight { get; set; }

        public ulong Va { get; set; }
    }
}
