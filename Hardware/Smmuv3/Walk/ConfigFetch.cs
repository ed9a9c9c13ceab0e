using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3.Caches;
using Iommu.Hardware.Smmuv3.Formats;
using static Iommu.Hardware.Smmuv3.Bits;

namespace Iommu.Hardware.Smmuv3.Walk;

/// <summary>
/// The fetch of a stream's configuration, resumable: stream table of one or two levels, entry, context descriptor, which
/// stage 2 translates the address of where it is on.
/// </summary>
internal sealed class ConfigFetch(SmmuCore core, StreamContext stream, Stage2Walk stage2)
{
    private const int TwoLevels = 1;

    private Phase _phase;
    private long _sequence;
    private ulong _address;
    private ulong _iova;
    private StreamTableEntry _entry = null!;
    private CachedConfig _partial = null!;

    private enum Phase { Find, Level1, Entry, DescriptorAddress, Descriptor }

    public CachedConfig? Config { get; private set; }

    public EventRecord? Event { get; private set; }

    /// <summary>Whether the event goes to the ring.</summary>
    public bool IsRecorded { get; private set; }

    /// <summary>Starts for a transaction at an address, which is part of the record of a stage-2 fault.</summary>
    public void Begin(ulong iova, long sequence)
    {
        (_iova, _sequence) = (iova, sequence);
        (_phase, Config, Event, IsRecorded) = (Phase.Find, null, null, true);
        if (stream.Entry is { } cached) Accept(cached);
    }

    /// <summary>One step; true when there is a configuration or an event.</summary>
    public bool Step(ITransactionWitness? witness)
    {
        switch (_phase)
        {
            case Phase.Find: Find(); break;
            case Phase.Level1: ReadLevel1(); break;
            case Phase.Entry: ReadEntry(); break;
            case Phase.DescriptorAddress: TranslateDescriptor(witness); break;
            case Phase.Descriptor: ReadDescriptor(); break;
        }
        return Config is not null || Event is not null;
    }

    private void Find()
    {
        var config = core.Registers.StreamTableConfig;
        var sid = stream.StreamId;
        var streamIdBits = (int)(config & 0x3F);
        var split = (int)((config >> 6) & 0x1F);
        var root = InPlace(core.Registers.StreamTableBase, 51, 6);
        if ((ulong)sid >> streamIdBits != 0) BadStreamId();
        else if (((config >> 16) & 3) == TwoLevels && split < streamIdBits)
            (_address, _phase) = (root + ((ulong)(sid >> split) << 3), Phase.Level1);
        else (_address, _phase) = (root + (ulong)sid * StreamTableEntry.Bytes, Phase.Entry);
    }

    private void ReadLevel1()
    {
        if (!PhysicalMemory.Contains(_address)) { Fail(EventType.F_STE_FETCH, _address); return; }
        var descriptor = core.Memory.Read64(_address);
        var split = (int)((core.Registers.StreamTableConfig >> 6) & 0x1F);
        var span = (int)Field(descriptor, 4, 0);
        var index = stream.StreamId & (uint)Mask(split);
        if (span == 0 || index >> (span - 1) != 0) { BadStreamId(); return; }
        _address = InPlace(descriptor, 51, 6) + (ulong)index * StreamTableEntry.Bytes;
        _phase = Phase.Entry;
    }

    private void ReadEntry()
    {
        if (!PhysicalMemory.Contains(_address)) { Fail(EventType.F_STE_FETCH, _address); return; }
        Span<ulong> words = stackalloc ulong[8];
        ReadWords(words);
        if (StreamTableEntry.Decode(words, core.Registers) is not { } entry) { Fail(EventType.C_BAD_STE, 0); return; }
        stream.Keep(entry, core.Log, _sequence);
        Accept(entry);
    }

    private void Accept(StreamTableEntry entry)
    {
        _entry = entry;
        var vmid = core.TagsOf(entry.Vmid);
        _partial = new CachedConfig(entry, null, vmid, entry.Config == StreamConfig.Stage2 ? vmid.Stage2 : null, _sequence);
        if (!entry.HasStage1)
        {
            Config = _partial;
            stream.Keep(_partial, core.Log, _sequence);
            return;
        }
        _address = entry.ContextDescriptor;
        if (entry.Stage2 is null) _phase = Phase.Descriptor;
        else
        {
            stage2.Begin(_partial, _address, Access.Read, _sequence);
            _phase = Phase.DescriptorAddress;
        }
    }

    private void TranslateDescriptor(ITransactionWitness? witness)
    {
        if (!stage2.Step(witness)) return;
        if (stage2.Fault is { } fault)
        {
            Event = EventRecord.Translation(
                fault.Type, stream.StreamId, FaultClass.ContextDescriptor, true, isRead: true, _iova, fault.Address & ~0xFFFUL);
            IsRecorded = _entry.Stage2!.RecordsFaults;
            return;
        }
        (_address, _phase) = (stage2.Output, Phase.Descriptor);
    }

    private void ReadDescriptor()
    {
        if (!PhysicalMemory.Contains(_address)) { Fail(EventType.F_CD_FETCH, _address); return; }
        Span<ulong> words = stackalloc ulong[8];
        ReadWords(words);
        if (ContextDescriptor.Decode(words, core.Registers) is not { } descriptor) { Fail(EventType.C_BAD_CD, 0); return; }
        Config = _partial with { Descriptor = descriptor, Tag = _partial.Vmid.Of(descriptor.Asid) };
        stream.Keep(Config, core.Log, _sequence);
    }

    private void ReadWords(Span<ulong> words)
    {
        for (var i = 0; i < words.Length; i++) words[i] = core.Memory.Read64(_address + (ulong)i * 8);
    }

    private void BadStreamId()
    {
        IsRecorded = core.Registers.RecordsBadStreamId;
        Fail(EventType.C_BAD_STREAMID, 0);
    }

    private void Fail(EventType type, ulong address) => Event = EventRecord.Configuration(type, stream.StreamId, address);
}
