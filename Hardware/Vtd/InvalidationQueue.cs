using System.Collections.Immutable;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Vtd;

/// <summary>
/// The invalidation queue of a remapping unit: 32-byte descriptors in a ring in memory, byte offsets in IQH and IQT. It stops on a
/// descriptor that it does not know (FSTS.IQE, with the reason in IQER), and when a device did not complete an invalidation of its TLB
/// (FSTS.ITE): at the wait descriptor that should have reported it, which is then aborted.
/// </summary>
public sealed class InvalidationQueue : ICommandQueue
{
    private const ulong WidthBit = 1UL << 11;

    private readonly PhysicalMemory _memory;
    private readonly Registers _registers;
    private readonly Invalidator _invalidator;
    private readonly Func<ImmutableArray<TransactionMarker>> _markers;
    private readonly InFlight _inFlight = new();
    private uint? _silent;
    private bool _retrying;
    private bool _waiting;

    internal InvalidationQueue(
        string name, PhysicalMemory memory, Registers registers, Invalidator invalidator,
        Func<ImmutableArray<TransactionMarker>> markers) =>
        (Name, _memory, _registers, _invalidator, _markers) = (name, memory, registers, invalidator, markers);

    public string Name { get; }

    public int WordsPerCommand => Descriptor.Words;

    public ulong ConsumedTotal { get; private set; }

    /// <summary>
    /// Whether a device leaves an invalidation of its TLB uncompleted, asked for each as it is reached; null where all devices that are
    /// there answer. What is submitted again after a time-out is not asked for: until a wait descriptor has completed.
    /// </summary>
    public Func<Descriptor, bool>? LosesDeviceInvalidation { get; set; }

    /// <summary>Whether it has stopped on an error that software has not cleared in FSTS_REG.</summary>
    public bool IsStopped => (_registers.FaultStatus & (FaultStatus.QueueError | FaultStatus.TimeOut)) != 0;

    private uint RingMask => ((uint)PhysicalMemory.PageBytes << (int)(_registers.QueueAddress & 7)) - 1;

    public int Produce(ReadOnlySpan<ulong> words)
    {
        if (words.Length % Descriptor.Words != 0) throw new ArgumentException("half a descriptor", nameof(words));
        var mask = RingMask;
        var tail = _registers.QueueTail;
        var taken = 0;
        // One place stays free: a tail that meets the head says that the ring is empty.
        for (; taken < words.Length && ((tail + Descriptor.Bytes) & mask) != _registers.QueueHead; taken += Descriptor.Words)
        {
            for (var i = 0; i < Descriptor.Words; i++) _memory.Write64(AddressOf(tail) + (ulong)i * 8, words[taken + i]);
            tail = (tail + Descriptor.Bytes) & mask;
        }
        _registers.QueueTail = tail;
        return taken;
    }

    public QueueStep Step()
    {
        if (!_registers.QueueEnabled) return QueueStep.Idle;
        if (IsStopped) return QueueStep.Stopped;
        if ((_registers.QueueAddress & WidthBit) == 0) return Stop(QueueError.DescriptorWidth);
        var (head, tail) = (_registers.QueueHead, _registers.QueueTail);
        if (head == tail) return QueueStep.Idle;
        if (tail > RingMask) return Stop(QueueError.InvalidTail);
        if ((tail & (Descriptor.Bytes - 1)) != 0) return Stop(QueueError.TailAlignment);
        if (!PhysicalMemory.Contains(AddressOf(head))) return Stop(QueueError.Fetch);
        var descriptor = Fetch(head);
        if (DescriptorCheck.ErrorOf(descriptor, _registers) is var error and not QueueError.None) return Stop(error);
        if (descriptor.Type == DescriptorType.Wait)
        {
            if (!TryWait(descriptor)) return QueueStep.Waiting;
        }
        else if (IsLost(descriptor)) _silent = descriptor.SourceId;
        else if (_invalidator.Apply(descriptor) is { } silent) _silent = silent.SourceId;
        _registers.QueueHead = (head + Descriptor.Bytes) & RingMask;
        ConsumedTotal++;
        return IsStopped ? QueueStep.Stopped : QueueStep.Progress;
    }

    private ulong AddressOf(uint offset) => (_registers.QueueAddress & ~0xFFFUL) + offset;

    private Descriptor Fetch(uint head)
    {
        var address = AddressOf(head);
        return new Descriptor(
            _memory.Read64(address), _memory.Read64(address + 8), _memory.Read64(address + 16), _memory.Read64(address + 24));
    }

    private bool IsLost(Descriptor descriptor) => !_retrying
        && descriptor.Type is DescriptorType.DeviceTlb or DescriptorType.PasidDeviceTlb
        && LosesDeviceInvalidation?.Invoke(descriptor) == true;

    private bool TryWait(Descriptor descriptor)
    {
        if (_silent is { } sourceId)
        {
            (_silent, _retrying) = (null, true);
            _registers.QueueError = (_registers.QueueError & ~(0xFFFFUL << 32)) | Put(sourceId, 32);
            _registers.SetStatus(FaultStatus.TimeOut);
            return true;
        }
        if (!_waiting)
        {
            _inFlight.Capture(_markers());
            _waiting = true;
        }
        if (!_inFlight.HaveEnded()) return false;
        _waiting = _retrying = false;
        _invalidator.Settle();
        if (descriptor.WritesStatus && PhysicalMemory.Contains(descriptor.StatusAddress))
            _memory.Write32(descriptor.StatusAddress, descriptor.StatusData);
        return true;
    }

    private QueueStep Stop(QueueError error)
    {
        _registers.QueueError = (_registers.QueueError & ~0xFUL) | (uint)error;
        _registers.SetStatus(FaultStatus.QueueError);
        return QueueStep.Stopped;
    }
}
