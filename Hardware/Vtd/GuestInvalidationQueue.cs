using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Vtd.Formats;
using Iommu.Hardware.Vtd.Walk;

namespace Iommu.Hardware.Vtd;

/// <summary>
/// An invalidation queue that a guest has to itself (a hardware queue of this project's own): a ring of 32-byte descriptors in guest
/// memory, drained without a trap. Head, tail and error are 64-bit words of a register page that the guest maps. An error stops this
/// queue alone (I11); the guest goes on by writing 0 over it, after it has mended the descriptor at the head. It is there as long as its
/// unit is, and goes from owner to owner.
/// </summary>
public sealed partial class GuestInvalidationQueue : IDoorbellQueue
{
    public const ulong HeadOffset = 0;
    public const ulong TailOffset = 8;
    public const ulong ErrorOffset = 16;

    /// <summary>An error besides those of <see cref="QueueError"/>: a device did not complete an invalidation.</summary>
    public const ulong TimeOut = 0x10;

    private readonly Lock _lock = new();
    private readonly RemappingUnit _unit;
    private readonly Invalidator _invalidator;
    private readonly InFlight _inFlight = new();
    private Owner? _owner;
    private ulong _ring;
    private ulong _mask;
    private bool _paused;
    private bool _waiting;
    private bool _timedOut;

    internal GuestInvalidationQueue(RemappingUnit unit, int index, ulong physical) =>
        (_unit, _invalidator, Index, Physical, Name) =
            (unit, unit.OpenInvalidator(), index, physical, $"{unit.Name}.guest{index}.qi");

    public int Index { get; }

    /// <summary>Where its registers are in the physical address space.</summary>
    public ulong Physical { get; }

    public string Name { get; }

    public int WordsPerCommand => Descriptor.Words;

    public ulong ConsumedTotal { get; private set; }

    /// <summary>What the guest's driver does: stores into the ring, then into the tail register.</summary>
    public int Produce(ReadOnlySpan<ulong> words)
    {
        var tail = Read(TailOffset) & _mask;
        var taken = 0;
        if (_mask == 0) return 0;
        for (; taken < words.Length && ((tail + Descriptor.Bytes) & _mask) != Read(HeadOffset); taken += Descriptor.Words)
        {
            for (var i = 0; i < Descriptor.Words; i++) _unit.Memory.Write64(_ring + tail + (ulong)i * 8, words[taken + i]);
            tail = (tail + Descriptor.Bytes) & _mask;
        }
        Write(TailOffset, tail);
        Ring();
        return taken;
    }

    public QueueStep Step()
    {
        lock (_lock) return _mask != 0 && !_paused && _owner is { } owner ? StepOpen(owner) : QueueStep.Idle;
    }

    private QueueStep StepOpen(Owner owner)
    {
        if (Read(ErrorOffset) != 0) return QueueStep.Stopped;
        var (head, tail) = (Read(HeadOffset), Read(TailOffset));
        if (tail > _mask || head > _mask) return Stop((ulong)QueueError.InvalidTail);
        if ((tail & (Descriptor.Bytes - 1)) != 0 || (head & (Descriptor.Bytes - 1)) != 0) return Stop((ulong)QueueError.TailAlignment);
        if (head == tail) return QueueStep.Idle;
        var descriptor = Fetch(_ring + head);
        if (descriptor.Type == DescriptorType.Wait)
        {
            var waited = Wait(owner, descriptor);
            if (waited != QueueStep.Progress) return waited;
        }
        else if (Apply(owner, descriptor) is var error and not QueueError.None) return Stop((ulong)error);
        Write(HeadOffset, (head + Descriptor.Bytes) & _mask);
        ConsumedTotal++;
        return QueueStep.Progress;
    }

    private QueueError Apply(Owner owner, Descriptor descriptor)
    {
        var (host, error) = GuestDescriptors.Convert(descriptor, owner.Ids, _unit.Registers);
        foreach (var one in host) _timedOut |= _invalidator.Apply(one) is not null;
        return error;
    }

    private QueueStep Wait(Owner owner, Descriptor descriptor)
    {
        if (DescriptorCheck.ErrorOf(descriptor, _unit.Registers) is var error and not QueueError.None) return Stop((ulong)error);
        if (_timedOut)
        {
            _timedOut = false;
            return Stop(TimeOut);
        }
        if (!_waiting)
        {
            var ports = _unit.Ports.Where(port => owner.Ids.HasSource(port.SourceId));
            _inFlight.Capture([.. ports.Select(port => port.Marker)]);
            _waiting = true;
        }
        if (!_inFlight.HaveEnded()) return QueueStep.Waiting;
        _waiting = false;
        _invalidator.Settle();
        return !descriptor.WritesStatus || WriteStatus(owner, descriptor) ? QueueStep.Progress : Stop((ulong)QueueError.Fetch);
    }

    // The address is a guest's: it goes by the second stage, as a write of a device would.
    private bool WriteStatus(Owner owner, Descriptor descriptor)
    {
        var walk = owner.Walk;
        walk.Begin(owner.Memory, descriptor.StatusAddress, Rights.Write, _unit.Clock);
        while (!walk.Step(null)) { }
        if (walk.Reason != FaultReason.None || !PhysicalMemory.Contains(walk.Output)) return false;
        _unit.Memory.Write32(walk.Output, descriptor.StatusData);
        return true;
    }

    private Descriptor Fetch(ulong address) => new(
        _unit.Memory.Read64(address), _unit.Memory.Read64(address + 8), _unit.Memory.Read64(address + 16),
        _unit.Memory.Read64(address + 24));

    private QueueStep Stop(ulong error)
    {
        Write(ErrorOffset, error);
        return QueueStep.Stopped;
    }

    /// <summary>Whose it is.</summary>
    private sealed record Owner(GuestIds Ids, SecondStageWalk Walk, CachedPasid Memory);
}
