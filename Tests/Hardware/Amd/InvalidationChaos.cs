using Iommu.Hardware;
using Iommu.Hardware.Amd;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers.Amd;

namespace Iommu.Tests.Hardware.Amd;

/// <summary>
/// Random interleavings, a step at a time, of devices' transactions with table edits and invalidations of a host's domain (with an ATC), a
/// guest's tables (trapped, or by a command buffer that hardware reads) and the stage 2 below them. Every mapping leads to an address of
/// its own, so that what a transaction reaches tells which mapping it used, and whether that was gone before the transaction ended.
/// </summary>
internal sealed class InvalidationChaos
{
    private const ulong SlotGpa = 0x80_0000;
    private const ulong BlockGpa = 0x1000_0000;
    private const ulong BlockVa = 0x20_0000;
    private const ulong Ring = 0x20_0000;
    private const ulong Semaphore = 0x30_0000;
    private const int Slots = 8;
    private const int Pasid = 2;
    private const ushort GuestDomain = 7;

    private readonly Random _random;
    private readonly AmdMachine _machine;
    private readonly IPagingDomain _host;
    private readonly GuestOnAmd _guest;
    private readonly ulong _gcr;
    private readonly List<Agent> _agents = [];
    private readonly Dictionary<ulong, long> _retiredPhysical = [];
    private readonly Dictionary<ulong, ulong> _gpaOfPhysical = [];
    private readonly Dictionary<(ulong Va, ulong Gpa), long> _retiredGuest = [];
    private readonly ulong?[] _guestSlots = new ulong?[Slots];
    private ulong _nextPhysical = 1UL << 41;
    private ulong _block = BlockGpa;
    private ulong _waits;
    private uint _tail;
    private long _now;

    public InvalidationChaos(int seed, Func<ICommandQueue, ICommandQueue>? fault = null)
    {
        _random = new Random(seed);
        StaleTranslation? checker = null;
        _machine = AmdMachine.Create(new()
        {
            DevicesWithAts = 3,
            CacheSizes = seed % 2 == 0 ? CacheSizes.Tiny : CacheSizes.Default,
            DecorateQueue = (iommu, queue) => (checker = new StaleTranslation(iommu)).Watch(fault is null ? queue : fault(queue)),
        });
        Checker = checker!;
        _host = _machine.Drivers[0].AllocPaging(_machine.Devices[0], HwptAllocFlags.DirtyTracking).Value!;
        for (var i = 0; i < 2; i++) Plan.Run(_machine.Drivers[0].Attach(_machine.Devices[i], null, _host).Value!);
        _guest = new GuestOnAmd(_machine, _machine.Devices[2]);
        _gcr = _guest.BuildTables();
        SetUpGuest();
        foreach (var device in _machine.Devices)
            for (var i = 0; i < 2; i++)
                _agents.Add(new Agent(_machine.OpenPort(device, Checker.CreateWitness($"{device.Name}/{i}")), device.StreamId > 16));
    }

    public StaleTranslation Checker { get; }

    /// <summary>Transactions that reached memory through a mapping whose removal had been reported done.</summary>
    public List<string> Wrong { get; } = [];

    public long Succeeded { get; private set; }

    public void Run(int steps)
    {
        using var software = Software().GetEnumerator();
        Func<bool>? work = null;
        for (; _now < steps; _now++)
        {
            if (_random.Next(3) != 0) Step(_agents[_random.Next(_agents.Count)]);
            else if (work is null || work())
            {
                software.MoveNext();
                work = software.Current;
            }
        }
    }

    private void Step(Agent agent)
    {
        if (!agent.InFlight)
        {
            agent.Va = agent.IsGuest && _random.Next(2) == 0
                ? BlockVa + ((ulong)_random.Next(Slots) << 12) : (ulong)_random.Next(Slots) << 12;
            agent.InFlight = true;
            agent.Port.Begin(agent.Va, _random.Next(2) == 0 ? Access.Read : Access.Write, agent.IsGuest ? Pasid : null);
        }
        else if (agent.Port.Step())
        {
            agent.InFlight = false;
            if (agent.Port.Result.Succeeded) Judge(agent, agent.Port.Result.Address);
        }
    }

    // Also when it started before: the COMPLETION_WAIT had to wait for it.
    private void Judge(Agent agent, ulong physical)
    {
        Succeeded++;
        if (_retiredPhysical[physical] < _now)
            Wrong.Add($"0x{agent.Va:x} reached 0x{physical:x}, retired at {_retiredPhysical[physical]}");
        else if (agent.IsGuest && _retiredGuest[(agent.Va, _gpaOfPhysical[physical])] < _now)
            Wrong.Add($"0x{agent.Va:x} reached 0x{physical:x} by guest tables that were gone");
    }

    /// <summary>What software does: each piece of work is called until it says that it is done.</summary>
    private IEnumerable<Func<bool>> Software()
    {
        while (true)
        {
            var plan = _random.Next(8) switch
            {
                0 or 1 => Edit(_host, (ulong)_random.Next(Slots) << 12, _random.Next(4) != 0),
                2 or 3 => EditGuest(_random.Next(Slots)),
                4 => MoveBlock(),
                5 => Reattach(_machine.Devices[_random.Next(2)]).Select(Work),
                _ => Edit(_guest.Parent, _random.Next(2) == 0 ? SlotGpa + ((ulong)_random.Next(Slots) << 12) : RandomBlockPage(), true),
            };
            foreach (var work in plan) yield return work;
        }
    }

    private Func<bool> Work(CommandBatch batch)
    {
        var left = batch.Words;
        return () =>
        {
            // A few words at a time, so that the consumer runs into a half-written batch.
            if (!left.IsEmpty && _random.Next(2) == 0)
                left = left[batch.Queue.Produce(left.Span[..Math.Min(left.Length, 2 * _random.Next(1, 4))])..];
            var step = batch.Queue.Step();
            Assert.NotEqual(QueueStep.Stopped, step);
            return step == QueueStep.Idle && left.IsEmpty;
        };
    }

    private ulong RandomBlockPage() => BlockGpa + ((ulong)_random.Next(2) << 21) + ((ulong)_random.Next(Slots) << 12);

    private IEnumerable<Func<bool>> Edit(IPagingDomain domain, ulong iova, bool mapAgain)
    {
        if (domain.Lookup(iova) is { } old)
        {
            domain.Unmap(iova, 0x1000);
            foreach (var batch in domain.Flush(iova, 0x1000)) yield return Work(batch);
            _retiredPhysical[old] = _now;
        }
        if (mapAgain) MapFresh(domain, iova);
    }

    private IEnumerable<Func<bool>> EditGuest(int slot)
    {
        var va = (ulong)slot << 12;
        if (_guestSlots[slot] is { } old)
        {
            _guest.MapPage(_gcr, Pasid, va, 0, rights: 0);
            foreach (var work in Invalidate(va)) yield return work;
            _retiredGuest[(va, old)] = _now;
        }
        var gpa = SlotGpa + ((ulong)_random.Next(Slots) << 12);
        _guestSlots[slot] = gpa;
        _retiredGuest[(va, gpa)] = long.MaxValue;
        _guest.MapPage(_gcr, Pasid, va, gpa);
    }

    // A guest's page of 2 MiB over pages of 4 KiB: one invalidation of any address in it must remove all of its pieces.
    private IEnumerable<Func<bool>> MoveBlock()
    {
        WriteBlock(0);
        foreach (var work in Invalidate(BlockVa + ((ulong)_random.Next(512) << 12))) yield return work;
        SetBlock(_block, _now);
        _block = BlockGpa + ((ulong)_random.Next(2) << 21);
        SetBlock(_block, long.MaxValue);
        WriteBlock(_block | 0x87);
    }

    // The IOMMU's caches, and when those are done the devices': they might ask for the old translation again.
    private IEnumerable<Func<bool>> Invalidate(ulong va)
    {
        var pages = _random.Next(5) switch
        {
            0 => Command.All(),
            1 => Command.AllPages(GuestDomain),
            2 => Command.GuestPages(GuestDomain, Pasid, 0, ulong.MaxValue, true),
            3 => Command.GuestPages(GuestDomain, Pasid, va & ~0x7FFFUL, va | 0x7FFF, false),
            _ => Command.GuestPages(GuestDomain, Pasid, va, va | 0xFFF, false),
        };
        var devices = Command.Iotlb(0x40, va & ~0x1F_FFFFUL, va | 0x1F_FFFF, Pasid);
        if (_random.Next(2) == 0)
        {
            foreach (var command in new[] { pages, devices }) yield return Work(_guest.Invalidate(command).Batch!);
            yield break;
        }
        foreach (var command in new[] { pages, devices })
        {
            Put(command);
            Put(Command.WaitAndStore(Semaphore, ++_waits));
        }
        yield return () =>
        {
            Assert.NotEqual(QueueStep.Stopped, _guest.Viommu.CommandBuffer.Step());
            return _guest.Read(Semaphore) == _waits;
        };
    }

    private void Put(Command command)
    {
        _guest.Write(Ring + _tail, command.Word0);
        _guest.Write(Ring + _tail + 8, command.Word1);
        _tail = (_tail + 16) % 4096;
        _guest.Registers.Write(QueueRegisters.CommandTailOffset, _tail);
    }

    private void WriteBlock(ulong value) => _guest.Write(_gcr + 0x1000 + (Pasid * 0x4000) + 0x2008, value);

    private void SetBlock(ulong gpa, long retired)
    {
        for (var page = 0UL; page < Slots; page++) _retiredGuest[(BlockVa + (page << 12), gpa + (page << 12))] = retired;
    }

    private IEnumerable<CommandBatch> Reattach(PhysicalDevice device)
    {
        foreach (var batch in _machine.Drivers[0].Attach(device, _host, null).Value!) yield return batch;
        foreach (var batch in _machine.Drivers[0].Attach(device, null, _host).Value!) yield return batch;
    }

    private void MapFresh(IPagingDomain domain, ulong iova)
    {
        var physical = _nextPhysical;
        _nextPhysical += 0x1000;
        _retiredPhysical[physical] = long.MaxValue;
        _gpaOfPhysical[physical] = iova;
        domain.Map(iova, physical, 0x1000, Access.ReadWrite);
    }

    private void SetUpGuest()
    {
        var parent = _guest.Parent;
        var ram = _guest.Physical(0);
        parent.Unmap(0, GuestOnAmd.RamBytes);
        parent.Map(0, ram, SlotGpa, Access.ReadWrite);
        for (var slot = 0UL; slot < Slots; slot++) MapFresh(parent, SlotGpa + (slot << 12));
        for (var i = 0UL; i < 2 * Slots; i++) MapFresh(parent, BlockGpa + ((i / Slots) << 21) + ((i % Slots) << 12));
        SetBlock(_block, long.MaxValue);
        WriteBlock(_block | 0x87);
        for (var i = 2; i < 4; i++) _guest.Attach(_machine.Devices[i], i == 2 ? 0x40UL : 0x41, _gcr, GuestDomain);
        _guest.GiveRing(HwQueueType.AmdCommandBuffer, Ring);
    }

    private sealed class Agent(Port port, bool isGuest)
    {
        public Port Port { get; } = port;

        public bool IsGuest { get; } = isGuest;

        public bool InFlight { get; set; }

        public ulong Va { get; set; }
    }
}
