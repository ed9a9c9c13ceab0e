using System.Runtime.InteropServices;
using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Checkers.Smmuv3;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>
/// Random interleavings, a step at a time, of devices' transactions with table edits and invalidations of a host's stage 1
/// (with an ATC, and with a PASID), a guest's stage 1 and the stage 2 below it. Every mapping leads to an address of its own, so that what
/// a transaction reaches tells which mapping it used, and whether that was gone before the transaction ended.
/// </summary>
internal sealed class InvalidationChaos
{
    private const ulong Ram = 1UL << 40;
    private const ulong SlotIpa = 0x1000_0000;
    private const ulong BlockIpa = 0x2000_0000;
    private const ulong BlockVa = 0x20_0000;
    private const int Slots = 8;
    private const int BlockPages = 8;
    private const int GuestAsid = 5;
    private const uint Pasid = 7;

    private readonly Random _random;
    private readonly Smmuv3Machine _machine;
    private readonly IPagingDomain _host;
    private readonly IPagingDomain _parent;
    private readonly IViommuDriver _viommu;
    private readonly List<Agent> _agents = [];
    private readonly Dictionary<ulong, long> _retiredPhysical = [];
    private readonly Dictionary<ulong, ulong> _ipaOfPhysical = [];
    private readonly Dictionary<(ulong Va, ulong Ipa), long> _retiredGuest = [];
    private readonly ulong?[] _guestSlots = new ulong?[Slots];
    private ulong _nextPhysical = 1UL << 41;
    private long _now;

    /// <param name="seed">Of every choice.</param>
    /// <param name="fault">Lays a fault over the queue.</param>
    /// <param name="repeats">Whether the driver takes the hardware for one that needs invalidations twice.</param>
    public InvalidationChaos(int seed, Func<ICommandQueue, ICommandQueue>? fault = null, bool repeats = false)
    {
        _random = new Random(seed);
        StaleTranslation? checker = null;
        _machine = Smmuv3Machine.Create(new()
        {
            DevicesWithAts = 1,
            PasidBits = 4,
            Registers = Registers.Complete,
            CacheSizes = seed % 2 == 0 ? CacheSizes.Tiny : CacheSizes.Default,
            DecorateQueue = (smmu, queue) => (checker = new StaleTranslation(smmu)).Watch(fault is null ? queue : fault(queue), repeats),
            RepeatsInvalidations = repeats,
        });
        Checker = checker!;
        var driver = _machine.Drivers[0];
        _host = driver.AllocPaging(_machine.Devices[0], HwptAllocFlags.None).Value!;
        _parent = driver.AllocPaging(_machine.Devices[2], HwptAllocFlags.NestParent).Value!;
        _viommu = driver.AllocViommu(_machine.Devices[2], _parent).Value!;
        for (var i = 0; i < 2; i++)
        {
            Plan.Run(driver.Attach(_machine.Devices[i], null, _host).Value!);
            Plan.Run(driver.AttachPasid(_machine.Devices[i], Pasid, null, _host).Value!);
        }
        SetUpGuest();
        foreach (var device in _machine.Devices)
            for (var i = 0; i < 2; i++)
            {
                var name = $"{device.Name}/{i}";
                var isGuest = device.StreamId > 16;
                _agents.Add(new Agent(_machine.OpenPort(device, Checker.CreateWitness(name)), isGuest));
                if (!isGuest) _agents.Add(new Agent(_machine.OpenPort(device, Checker.CreateWitness($"{name}.{Pasid}"), Pasid), isGuest));
            }
    }

    public StaleTranslation Checker { get; }

    /// <summary>Transactions that reached memory through a mapping whose removal had been reported done.</summary>
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
                ? BlockVa + ((ulong)_random.Next(BlockPages) << 12) : (ulong)_random.Next(Slots) << 12;
            agent.InFlight = true;
            agent.Port.Begin(agent.Va, Access.Read);
        }
        else if (agent.Port.Step())
        {
            agent.InFlight = false;
            if (agent.Port.Result.Succeeded) Judge(agent, agent.Port.Result.Address);
        }
    }

    // Also when it started before: the CMD_SYNC had to wait for it.
    private void Judge(Agent agent, ulong physical)
    {
        Succeeded++;
        if (_retiredPhysical[physical] < _now)
            Wrong.Add($"0x{agent.Va:x} reached 0x{physical:x}, retired at {_retiredPhysical[physical]}");
        else if (agent.IsGuest && _retiredGuest[(agent.Va, _ipaOfPhysical[physical])] < _now)
            Wrong.Add($"0x{agent.Va:x} reached 0x{physical:x} by a stage 1 that was gone");
    }

    private IEnumerable<CommandBatch> Software()
    {
        while (true)
        {
            var plan = _random.Next(8) switch
            {
                0 or 1 => EditHost((ulong)_random.Next(Slots) << 12),
                2 or 3 => EditGuest(_random.Next(Slots)),
                4 => MoveBlock(),
                5 => Reattach(_machine.Devices[_random.Next(2)], _random.Next(2) == 0 ? Pasid : 0),
                _ => EditParent(_random.Next(4) == 0 ? SlotIpa + ((ulong)_random.Next(Slots) << 12) : RandomBlockPage()),
            };
            foreach (var batch in plan) yield return batch;
        }
    }

    private ulong RandomBlockPage() => BlockIpa + ((ulong)_random.Next(2) << 21) + ((ulong)_random.Next(BlockPages) << 12);

    private IEnumerable<CommandBatch> EditHost(ulong iova)
    {
        var old = _host.Lookup(iova);
        if (old is not null)
        {
            _host.Unmap(iova, 0x1000);
            foreach (var batch in _host.Flush(iova, 0x1000)) yield return batch;
            _retiredPhysical[old.Value] = _now;
        }
        if (_random.Next(4) != 0) MapFresh(_host, iova, 0);
    }

    private IEnumerable<CommandBatch> EditParent(ulong ipa)
    {
        var old = _parent.Lookup(ipa);
        if (old is not null)
        {
            _parent.Unmap(ipa, 0x1000);
            foreach (var batch in _parent.Flush(ipa, 0x1000)) yield return batch;
            _retiredPhysical[old.Value] = _now;
        }
        MapFresh(_parent, ipa, ipa);
    }

    private IEnumerable<CommandBatch> EditGuest(int slot)
    {
        var va = (ulong)slot << 12;
        if (_guestSlots[slot] is { } old)
        {
            Put(0x5000 + (ulong)slot * 8, 0);
            foreach (var batch in GuestInvalidate(RandomForm(va))) yield return batch;
            _retiredGuest[(va, old)] = _now;
        }
        var ipa = SlotIpa + ((ulong)_random.Next(Slots) << 12);
        _guestSlots[slot] = ipa;
        _retiredGuest[(va, ipa)] = long.MaxValue;
        Put(0x5000 + (ulong)slot * 8, ipa | 0xC43);
    }

    // A stage-1 block over stage-2 pages: one TLBI of any address in it must remove all of its pieces.
    private IEnumerable<CommandBatch> MoveBlock()
    {
        var old = _machine.Memory.Read64(Ram + 0x4008) & 0x3FE0_0000;
        Put(0x4008, 0);
        foreach (var batch in GuestInvalidate(Command.NhVa(0, GuestAsid, BlockVa + ((ulong)_random.Next(512) << 12), leaf: true)))
            yield return batch;
        SetBlock(old, _now);
        var next = BlockIpa + ((ulong)_random.Next(2) << 21);
        SetBlock(next, long.MaxValue);
        Put(0x4008, next | 0xC41);
    }

    private void SetBlock(ulong ipa, long retired)
    {
        for (var page = 0UL; page < BlockPages; page++) _retiredGuest[(BlockVa + (page << 12), ipa + (page << 12))] = retired;
    }

    private IEnumerable<CommandBatch> Reattach(PhysicalDevice device, uint pasid)
    {
        foreach (var batch in Move(_host, null)) yield return batch;
        foreach (var batch in Move(null, _host)) yield return batch;

        IEnumerable<CommandBatch> Move(IDomain? from, IDomain? to) =>
            (pasid == 0 ? _machine.Drivers[0].Attach(device, from, to) : _machine.Drivers[0].AttachPasid(device, pasid, from, to)).Value!;
    }

    private Command RandomForm(ulong va) => _random.Next(6) switch
    {
        0 => new Command((ulong)Opcode.TlbiNhAll, 0),
        1 => new Command((ulong)Opcode.TlbiNsnhAll, 0),
        2 => Command.NhAsid(0, GuestAsid),
        3 => new Command((ulong)Opcode.TlbiNhVaa, va | 1),
        4 => Command.NhVa(0, GuestAsid, 0, leaf: true).WithRange(Slots - 1, 0, 12, ttl: 3),
        _ => Command.NhVa(0, GuestAsid, va, leaf: _random.Next(2) == 0),
    };

    private CommandBatch[] GuestInvalidate(Command command) =>
        [_viommu.Invalidate(InvalidateDataType.ArmSmmuv3, MemoryMarshal.AsBytes<Command>(new[] { command }), 16, 1).Batch!];

    private void MapFresh(IPagingDomain domain, ulong iova, ulong ipa)
    {
        var physical = _nextPhysical;
        _nextPhysical += 0x1000;
        _retiredPhysical[physical] = long.MaxValue;
        _ipaOfPhysical[physical] = ipa;
        domain.Map(iova, physical, 0x1000, Access.ReadWrite);
    }

    // Context descriptor at IPA 0x1000, tables from 0x2000: eight pages from VA 0, one block of 2 MiB above.
    private void SetUpGuest()
    {
        _parent.Map(0, Ram, 0x10_0000, Access.ReadWrite);
        for (var slot = 0UL; slot < Slots; slot++) MapFresh(_parent, SlotIpa + (slot << 12), SlotIpa + (slot << 12));
        for (var i = 0UL; i < 2 * BlockPages; i++)
        {
            var ipa = BlockIpa + ((i / BlockPages) << 21) + ((i % BlockPages) << 12);
            MapFresh(_parent, ipa, ipa);
        }
        Put(0x1000, (1UL << 31) | (1UL << 41) | ((ulong)GuestAsid << 48) | 16 | (1UL << 30) | (5UL << 32));
        Put(0x1008, 0x2000);
        Put(0x2000, 0x3003);
        Put(0x3000, 0x4003);
        Put(0x4000, 0x5003);
        SetBlock(BlockIpa, long.MaxValue);
        Put(0x4008, BlockIpa | 0xC41);
        for (var i = 2; i < 4; i++)
        {
            _viommu.AddVdevice(_machine.Devices[i], (ulong)i);
            var entry = new byte[16];
            BitConverter.TryWriteBytes(entry, 0x1000UL | (5UL << 1) | 1);
            var nested = _viommu.AllocNested(entry).Value!;
            Plan.Run(_machine.Drivers[0].Attach(_machine.Devices[i], null, nested).Value!);
        }
    }

    private void Put(ulong ipa, ulong value) => _machine.Memory.Write64(Ram + ipa, value);

    private sealed class Agent(Port port, bool isGuest)
    {
        public Port Port { get; } = port;

        public bool IsGuest { get; } = isGuest;

        public bool InFlight { get; set; }

        public ulong Va { get; set; }
    }
}
