using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Vtd.Formats;
using Iommu.Hardware.Vtd.Walk;

namespace Iommu.Hardware.Vtd;

/// <summary>
/// An invalidation queue that a guest has to itself (a hardware queue of this project's own): a ring of 32-byte descriptors in guest
/// memory, drained without a trap. Head, tail and error are 64-bit words of a register page that the guest maps. An error stops this
/// queue alone (I11); the guest goes on by writing 0 over it, after it has mended the descriptor at the head.
/// </summary>
public sealed class GuestInvalidationQueue : ICommandQueue
{
    public const ulong HeadOffset = 0;
    public const ulong TailOffset = 8;
    public const ulong ErrorOffset = 16;

    /// <summary>An error besides those of <see cref="QueueError"/>: a device did not complete an invalidation.</summary>
    public const ulong TimeOut = 0x10;

    private readonly Lock _lock = new();
    private readonly RemappingUnit _unit;
    private readonly GuestIds _ids;
    private readonly SecondStageWalk _walk;
    private readonly CachedPasid _memoryOfGuest;
    private readonly ulong _ring;
    private readonly ulong _mask;
    private readonly ulong _registers;
    private readonly InFlight _inFlight = new();
    private bool _enabled = true;
    private bool _waiting;
    private bool _timedOut;

    internal GuestInvalidationQueue(
        string name, RemappingUnit unit, GuestIds ids, PasidEntry memoryOfGuest, ulong ring, ulong lengthBytes, ulong registers)
    {
        (Name, _unit, _ids, _ring, _mask, _registers) = (name, unit, ids, ring, lengthBytes - 1, registers);
        (_walk, _memoryOfGuest) = unit.WalkOf(memoryOfGuest);
    }

    public string Name { get; }

    public int WordsPerCommand => Descriptor.Words;

    public ulong ConsumedTotal { get; private set; }

    /// <summary>What the guest's driver does: stores into the ring, then into the tail register.</summary>
    public int Produce(ReadOnlySpan<ulong> words)
    {
        var tail = Read(TailOffset) & _mask;
        var taken = 0;
        for (; taken < words.Length && ((tail + Descriptor.Bytes) & _mask) != Read(HeadOffset); taken += Descriptor.Words)
        {
            for (var i = 0; i < Descriptor.Words; i++) _unit.Memory.Write64(_ring + tail + (ulong)i * 8, words[taken + i]);
            tail = (tail + Descriptor.Bytes) & _mask;
        }
        _unit.Memory.Write64(_registers + TailOffset, tail);
        return taken;
    }

    public QueueStep Step()
    {
        lock (_lock) return _enabled ? StepEnabled() : QueueStep.Idle;
    }

    /// <summary>
    /// Takes the ring from the guest: it is not read after this returns, and its registers hold nothing for the next owner (I10).
    /// </summary>
    internal void Disable()
    {
        lock (_lock)
        {
            _enabled = false;
            _unit.Memory.ClearPages(_registers, 1);
        }
    }

    private QueueStep StepEnabled()
    {
        if (Read(ErrorOffset) != 0) return QueueStep.Stopped;
        var (head, tail) = (Read(HeadOffset), Read(TailOffset));
        if (tail > _mask || head > _mask) return Stop((ulong)QueueError.InvalidTail);
        if ((tail & (Descriptor.Bytes - 1)) != 0 || (head & (Descriptor.Bytes - 1)) != 0) return Stop((ulong)QueueError.TailAlignment);
        if (head == tail) return QueueStep.Idle;
        var descriptor = Fetch(_ring + head);
        if (descriptor.Type == DescriptorType.Wait)
        {
            var waited = Wait(descriptor);
            if (waited != QueueStep.Progress) return waited;
        }
        else if (Apply(descriptor) is var error and not QueueError.None) return Stop((ulong)error);
        _unit.Memory.Write64(_registers + HeadOffset, (head + Descriptor.Bytes) & _mask);
        ConsumedTotal++;
        return QueueStep.Progress;
    }

    private QueueError Apply(Descriptor descriptor)
    {
        var (host, error) = GuestDescriptors.Convert(descriptor, _ids, _unit.Registers);
        foreach (var one in host) _timedOut |= _unit.Invalidator.Apply(one) is not null;
        return error;
    }

    private QueueStep Wait(Descriptor descriptor)
    {
        if (DescriptorCheck.ErrorOf(descriptor, _unit.Registers) is var error and not QueueError.None) return Stop((ulong)error);
        if (_timedOut)
        {
            _timedOut = false;
            return Stop(TimeOut);
        }
        if (!_waiting)
        {
            _inFlight.Capture(_unit.Ports.Where(port => _ids.HasSource(port.SourceId)).Select(port => port.Marker));
            _waiting = true;
        }
        if (!_inFlight.HaveEnded()) return QueueStep.Waiting;
        _waiting = false;
        return !descriptor.WritesStatus || WriteStatus(descriptor) ? QueueStep.Progress : Stop((ulong)QueueError.Fetch);
    }

    // The address is a guest's: it goes by the second stage, as a write of a device would.
    private bool WriteStatus(Descriptor descriptor)
    {
        _walk.Begin(_memoryOfGuest, descriptor.StatusAddress, Rights.Write, _unit.Clock);
        while (!_walk.Step(null)) { }
        if (_walk.Reason != FaultReason.None || !PhysicalMemory.Contains(_walk.Output)) return false;
        _unit.Memory.Write32(_walk.Output, descriptor.StatusData);
        return true;
    }

    private Descriptor Fetch(ulong address) => new(
        _unit.Memory.Read64(address), _unit.Memory.Read64(address + 8), _unit.Memory.Read64(address + 16),
        _unit.Memory.Read64(address + 24));

    private ulong Read(ulong offset) => _unit.Memory.Read64(_registers + offset);

    private QueueStep Stop(ulong error)
    {
        _unit.Memory.Write64(_registers + ErrorOffset, error);
        return QueueStep.Stopped;
    }
}
