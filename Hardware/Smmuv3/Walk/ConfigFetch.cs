using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3.Caches;
using Iommu.Hardware.Smmuv3.Formats;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Smmuv3.Walk;

/// <summary>
/// The fetch of the configuration of a stream or substream, resumable: stream table of one or two levels, entry, context descriptors in
/// a table of one or two levels, each of whose addresses stage 2 translates where it is on.
/// </summary>
internal sealed class ConfigFetch(SmmuCore core, ConfigSlot slot, Stage2Walk stage2)
{
    private const int TwoLevels = 1;
    private const ulong Level1AddressMask = 0x000F_FFFF_FFFF_F000;

    private Phase _phase;
    private long _sequence;
    private ulong _address;
    private ulong _iova;
    private StreamTableEntry _entry = null!;
    private CachedConfig _partial = null!;
    private uint _index;
    private Phase _next;

    private StreamContext Stream => slot.Stream;

    private enum Phase { Find, Level1, Entry, Translate, DescriptorTable, Descriptor }

    public CachedConfig? Config { get; private set; }

    public EventRecord? Event { get; private set; }

    /// <summary>Whether the event goes to the ring.</summary>
    public bool IsRecorded { get; private set; }

    /// <summary>Whether the transaction waits for a RESUME: stage 2 faulted on the way to a context descriptor, and stalls.</summary>
    public bool Stalls { get; private set; }

    /// <summary>Starts for a transaction at an address, which is part of the record of a stage-2 fault.</summary>
    public void Begin(ulong iova, long sequence)
    {
        (_iova, _sequence) = (iova, sequence);
        (_phase, Config, Event, IsRecorded, Stalls) = (Phase.Find, null, null, true, false);
        if (Stream.Entry is { } cached) Accept(cached);
    }

    /// <summary>One step; true when there is a configuration or an event.</summary>
    public bool Step(ITransactionWitness<CacheEntry>? witness)
    {
        switch (_phase)
        {
            case Phase.Find: Find(); break;
            case Phase.Level1: ReadLevel1(); break;
            case Phase.Entry: ReadEntry(); break;
            case Phase.Translate: Translate(witness); break;
            case Phase.DescriptorTable: ReadDescriptorTable(); break;
            case Phase.Descriptor: ReadDescriptor(); break;
        }
        return Config is not null || Event is not null;
    }

    private void Find()
    {
        var config = core.Registers.StreamTableConfig;
        var sid = Stream.StreamId;
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
        var index = Stream.StreamId & (uint)Mask(split);
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
        Stream.Keep(entry, core.Log, _sequence);
        Accept(entry);
    }

    private void Accept(StreamTableEntry entry)
    {
        if (slot.Substream is { } substream)
        {
            if (entry.Config != StreamConfig.Abort && !HasSubstream(entry, substream)) Fail(EventType.C_BAD_SUBSTREAMID, 0);
            else Use(entry, substream);
        }
        else if (entry.SubstreamBits == 0) Use(entry, 0);
        else
        {
            switch (entry.Default)
            {
                case DefaultSubstream.UsesZero: Use(entry, 0); break;
                case DefaultSubstream.Bypasses: Use(WithoutStage1(entry), 0); break;
                default: Fail(EventType.F_STREAM_DISABLED, 0); break;
            }
        }
    }

    // IHI 0070, 3.9: a SubstreamID that meets a configuration without stage 1, stage 2 or bypass alike, is C_BAD_SUBSTREAMID; so is one
    // with S1CDMax = 0, one out of range, and 0 where transactions without one go by that (S1DSS = 0b10).
    private static bool HasSubstream(StreamTableEntry entry, uint substream) => entry.HasStage1 && entry.SubstreamBits > 0
        && substream >> entry.SubstreamBits == 0 && !(substream == 0 && entry.Default == DefaultSubstream.UsesZero);

    private static StreamTableEntry WithoutStage1(StreamTableEntry entry) =>
        entry with { Config = entry.Stage2 is null ? StreamConfig.Bypass : StreamConfig.Stage2 };

    private void Use(StreamTableEntry entry, uint index)
    {
        (_entry, _index) = (entry, index);
        var vmid = core.TagsOf(entry.Vmid);
        _partial = new CachedConfig(entry, null, vmid, entry.Config == StreamConfig.Stage2 ? vmid.Stage2 : null, _sequence);
        if (!entry.HasStage1)
        {
            Config = _partial;
            slot.Keep(_partial, core.Log, _sequence);
        }
        else if (entry.DescriptorLeafLog2 == 0) Fetch(entry.ContextDescriptors + (ulong)index * ContextDescriptor.Bytes, Phase.Descriptor);
        else Fetch(entry.ContextDescriptors + ((ulong)(index >> entry.DescriptorLeafLog2) << 3), Phase.DescriptorTable);
    }

    private void Fetch(ulong address, Phase then)
    {
        _address = address;
        if (_entry.Stage2 is null)
        {
            _phase = then;
            return;
        }
        stage2.Begin(_partial, address, Access.Read, _sequence);
        (_phase, _next) = (Phase.Translate, then);
    }

    private void Translate(ITransactionWitness<CacheEntry>? witness)
    {
        if (!stage2.Step(witness)) return;
        if (stage2.Fault is { } fault)
        {
            Event = EventRecord.Translation(fault.Type, Stream.StreamId, FaultClass.ContextDescriptor, true, isRead: true, _iova,
                fault.Address & ~0xFFFUL).Of(slot.Substream);
            (IsRecorded, Stalls) = (_entry.Stage2!.RecordsFaults, _entry.Stage2.Stalls);
            return;
        }
        (_address, _phase) = (stage2.Output, _next);
    }

    private void ReadDescriptorTable()
    {
        if (!PhysicalMemory.Contains(_address)) { Fail(EventType.F_CD_FETCH, _address); return; }
        var level1 = core.Memory.Read64(_address);
        var inLeaf = _index & (uint)Mask(_entry.DescriptorLeafLog2);
        if (!Bit(level1, 0)) Fail(EventType.C_BAD_SUBSTREAMID, 0);
        else Fetch((level1 & Level1AddressMask) + (ulong)inLeaf * ContextDescriptor.Bytes, Phase.Descriptor);
    }

    private void ReadDescriptor()
    {
        if (!PhysicalMemory.Contains(_address)) { Fail(EventType.F_CD_FETCH, _address); return; }
        Span<ulong> words = stackalloc ulong[8];
        ReadWords(words);
        var descriptor = ContextDescriptor.Decode(words, core.Registers, _entry.MayStall);
        if (descriptor is null) { Fail(EventType.C_BAD_CD, 0); return; }
        Config = _partial with { Descriptor = descriptor, Tag = _partial.Vmid.Of(descriptor.Asid) };
        slot.Keep(Config, core.Log, _sequence);
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

    private void Fail(EventType type, ulong address) =>
        Event = EventRecord.Configuration(type, Stream.StreamId, address).Of(slot.Substream);
}
