using System.Buffers.Binary;
using System.Collections.Concurrent;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>
/// The host's driver of one SMMUv3: it writes stream table, context descriptors and translation tables into memory in the
/// architecture's formats and says which commands make the SMMU see them.
/// </summary>
public sealed class Smmuv3Driver : IIommuDriver
{
    private const int Stage1Bits = 48;

    private static readonly IovaRange[] MsiWindow = [new(0x800_0000, 0x80F_FFFF)];

    private readonly PhysicalMemory _memory;
    private readonly FrameAllocator _frames;
    private readonly Registers _registers;
    private readonly StreamTable _streams;
    private readonly IdAllocator _asids;
    private readonly IdAllocator _vmids;
    private readonly ConcurrentDictionary<PhysicalDevice, StreamState> _states = new();

    private Smmuv3Driver(string name, PhysicalMemory memory, FrameAllocator frames, Smmu smmu, StreamTable streams, ICommandQueue queue)
    {
        (Name, _memory, _frames, _registers, _streams, Queue) = (name, memory, frames, smmu.Registers, streams, queue);
        _asids = new IdAllocator(1, (1 << _registers.AsidBits) - 1);
        _vmids = new IdAllocator(1, (1 << _registers.VmidBits) - 1);
    }

    public string Name { get; }

    /// <summary>The queue that carries every batch of this driver.</summary>
    public ICommandQueue Queue { get; }

    internal bool HasRanges => _registers.HasRangeInvalidation;

    internal Capabilities Features => Driver.Capabilities.Of(_registers);

    /// <summary>Brings an SMMU up: stream table and rings in memory, everything aborting, queues on, then translation.</summary>
    /// <param name="name">Unique within the machine.</param>
    /// <param name="memory">The host's memory.</param>
    /// <param name="frames">Where tables and rings come from.</param>
    /// <param name="smmu">The hardware, after reset.</param>
    /// <param name="queue">The SMMU's command queue, or a decorator of it.</param>
    /// <returns>ENOMEM when there are no frames for the tables.</returns>
    public static Result<Smmuv3Driver> Start(string name, PhysicalMemory memory, FrameAllocator frames, Smmu smmu, ICommandQueue queue)
    {
        if (StreamTable.Create(memory, frames, smmu.Registers.StreamIdBits) is not { } streams) return Errno.ENOMEM;
        if (RingSetup.Apply(frames, smmu.Registers) is var errno and not Errno.None) return errno;
        smmu.Registers.StreamTableBase = streams.Root;
        smmu.Registers.StreamTableConfig = streams.BaseConfig;
        smmu.Registers.Cr2 = 2;
        smmu.Registers.Cr0 = 0xD;
        var driver = new Smmuv3Driver(name, memory, frames, smmu, streams, queue);
        Plan.Run(new CommandWriter(queue).Add(Command.CfgiAll()).Add(Command.NsnhAll()).Close());
        return driver;
    }

    /// <summary>Makes a device known: its stream table entry (aborting) and the memory for its context descriptor.</summary>
    /// <returns>ENOMEM.</returns>
    public Errno AddDevice(PhysicalDevice device)
    {
        if (!_streams.Cover(device.StreamId)) return Errno.ENOMEM;
        if (_frames.Allocate() is not { } descriptor) return Errno.ENOMEM;
        return _states.TryAdd(device, new StreamState(descriptor)) ? Errno.None : Errno.EEXIST;
    }

    public Result<HwInfo> HwInfo(PhysicalDevice device, HwInfoType type)
    {
        if (type is not (HwInfoType.None or HwInfoType.ArmSmmuv3)) return Errno.EOPNOTSUPP;
        var data = new byte[40];
        ReadOnlySpan<uint> words =
            [0, 0, _registers.Idr0, _registers.Idr1, 0, _registers.Idr3, 0, _registers.Idr5, _registers.Iidr, _registers.Aidr];
        for (var i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(i * 4), words[i]);
        return new HwInfo(HwInfoType.ArmSmmuv3, data);
    }

    public DeviceCapabilities Capabilities(PhysicalDevice device) => new()
    {
        Ats = device.HasAts && _registers.HasAts,
        GuestHasPasidTable = true,
    };

    /// <summary>Where software places the doorbells of interrupts (arm-smmu-v3.c, MSI_IOVA_BASE and MSI_IOVA_LENGTH).</summary>
    public IReadOnlyList<IovaRange> ReservedRegions(PhysicalDevice device) => MsiWindow;

    /// <summary>Stage 1 without flags (stage 2 where the SMMU has no other), stage 2 for a nest parent.</summary>
    public Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default)
    {
        if (!data.IsEmpty) return Errno.EOPNOTSUPP;
        var core = flags & ~HwptAllocFlags.FaultIdValid;
        if (core is not (HwptAllocFlags.None or HwptAllocFlags.NestParent or HwptAllocFlags.Pasid)) return Errno.EOPNOTSUPP;
        var parent = core == HwptAllocFlags.NestParent;
        if (parent && !(_registers.HasStage1 && _registers.HasStage2)) return Errno.EOPNOTSUPP;
        if (core == HwptAllocFlags.Pasid && !_registers.HasStage1) return Errno.EOPNOTSUPP;
        var stage = parent || !_registers.HasStage1 ? Stage.Two : Stage.One;
        if ((stage == Stage.One ? _asids : _vmids).Allocate() is not { } tag) return Errno.ENOSPC;
        var format = stage == Stage.One ? DescriptorFormat.Stage1 : DescriptorFormat.Stage2;
        if (PageTable.Create(_memory, _frames, format, GeometryOf(stage)) is { } table)
            return new Smmuv3PagingDomain(this, stage, parent, table, tag);
        (stage == Stage.One ? _asids : _vmids).Free(tag);
        return Errno.ENOMEM;
    }

    /// <returns>EINVAL for another SMMU's domain or device; ENOENT for a guest's stage 1 without a virtual device.</returns>
    public Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to)
    {
        if (!_states.TryGetValue(device, out var state)) return Errno.EINVAL;
        if (to is not null && !ReferenceEquals(to.Iommu, this)) return Errno.EINVAL;
        if (to is Smmuv3NestedDomain { Entry.Config: StreamConfig.Stage1 } nested && !nested.Owner.Knows(device)) return Errno.ENOENT;
        return new Result<IEnumerable<CommandBatch>>(Errno.None, AttachPlan(device, state, from, to));
    }

    public bool SupportsViommu(PhysicalDevice device, ViommuType type) =>
        type == ViommuType.ArmSmmuv3 && _registers.HasStage1 && _registers.HasStage2;

    public Result<IViommuDriver> AllocViommu(
        PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services)
    {
        if (!SupportsViommu(device, (ViommuType)data.Type)) return Errno.EOPNOTSUPP;
        if (parent is not Smmuv3PagingDomain { IsNestParent: true } domain || !ReferenceEquals(domain.Iommu, this)) return Errno.EINVAL;
        if (_vmids.Allocate() is not { } vmid) return Errno.ENOSPC;
        domain.Tags.Add(new CacheTag(CacheTagKind.NestedVmid, (uint)vmid));
        return new Smmuv3Viommu(this, domain, vmid);
    }

    internal bool Serves(PhysicalDevice device) => _states.ContainsKey(device);

    internal void FreeVmid(int vmid) => _vmids.Free(vmid);

    internal IEnumerable<CommandBatch> FreePaging(Smmuv3PagingDomain domain)
    {
        yield return FlushTag(domain.OwnTag).Close();
        domain.Table.FreeAll();
        (domain.Stage == Stage.One ? _asids : _vmids).Free(domain.Tag);
    }

    // The new domain's tags are in its array before the entry is installed, the old one's leave after it is gone.
    private IEnumerable<CommandBatch> AttachPlan(PhysicalDevice device, StreamState state, IDomain? from, IDomain? to)
    {
        var sid = device.StreamId;
        var tagsOfNew = TagsOf(device, to);
        foreach (var (set, tag) in tagsOfNew) set.Add(tag);
        _streams.WriteAbort(sid);
        var writer = new CommandWriter(Queue).Add(Command.CfgiSte(sid));
        if (state.AtsEnabled) writer.Add(Command.AtcInv(sid, 0, Command.AtcSizeAll));
        yield return writer.Close();

        state.AtsEnabled = tagsOfNew.Exists(entry => entry.Tag.Kind is CacheTagKind.Atc or CacheTagKind.NestedAtc);
        if (to is not null)
        {
            _streams.Write(sid, EntryFor(state, to));
            yield return new CommandWriter(Queue).Add(Command.CfgiCd(sid)).Add(Command.CfgiSte(sid)).Close();
        }
        var flush = new CommandWriter(Queue);
        foreach (var (set, tag) in TagsOf(device, from))
            if (set.Remove(tag) && tag.Kind is CacheTagKind.Asid or CacheTagKind.Vmid) AddFlush(flush, tag);
        if (!flush.IsEmpty) yield return flush.Close();
    }

    private List<(CacheTagSet Set, CacheTag Tag)> TagsOf(PhysicalDevice device, IDomain? domain)
    {
        var tags = new List<(CacheTagSet, CacheTag)>();
        var hasAts = device.HasAts && _registers.HasAts;
        if (domain is Smmuv3PagingDomain paging)
        {
            tags.Add((paging.Tags, paging.OwnTag));
            if (hasAts) tags.Add((paging.Tags, new CacheTag(CacheTagKind.Atc, device.StreamId)));
        }
        // A bypassed first stage leaves the addresses as the guest's physical ones, yet the VMID is the vIOMMU's.
        else if (domain is Smmuv3NestedDomain nested && hasAts && (nested.Entry.WantsAts || nested.Entry.Config == StreamConfig.Bypass))
            tags.Add((nested.Owner.ParentDomain.Tags, new CacheTag(CacheTagKind.NestedAtc, device.StreamId)));
        return tags;
    }

    private ulong[] EntryFor(StreamState state, IDomain to)
    {
        var encoded = (int)(_registers.Idr5 & 7);
        if (to is Smmuv3NestedDomain nested) return EntryFor(state, nested, encoded);
        var domain = (Smmuv3PagingDomain)to;
        if (domain.Stage == Stage.Two) return StreamTableWords.Stage2(domain.Table, domain.Tag, encoded, state.AtsEnabled);
        var words = StreamTableWords.ContextDescriptor(domain.Table, domain.Tag, encoded);
        for (var i = 7; i >= 0; i--) _memory.Write64(state.ContextDescriptor + (ulong)i * 8, i < words.Length ? words[i] : 0);
        return StreamTableWords.Stage1(state.ContextDescriptor, state.AtsEnabled);
    }

    private static ulong[] EntryFor(StreamState state, Smmuv3NestedDomain nested, int encoded)
    {
        var stage2 = StreamTableWords.Stage2(nested.Owner.ParentDomain.Table, nested.Owner.Vmid, encoded, state.AtsEnabled);
        return nested.Entry.Config switch
        {
            StreamConfig.Stage1 => StreamTableWords.Nested(stage2, nested.Entry.Word0, nested.Entry.Word1),
            StreamConfig.Bypass => stage2,
            _ => [StreamTable.Valid],
        };
    }

    private CommandWriter FlushTag(CacheTag tag)
    {
        var writer = new CommandWriter(Queue);
        AddFlush(writer, tag);
        return writer;
    }

    private static void AddFlush(CommandWriter writer, CacheTag tag) => writer.Add(
        tag.Kind == CacheTagKind.Asid ? Command.NhAsid(0, (int)tag.Id) : Command.S12Vmall((int)tag.Id));

    private TableGeometry GeometryOf(Stage stage)
    {
        var bits = stage == Stage.One ? Stage1Bits : _registers.OutputBits;
        var start = TableGeometry.StartLevelOf(12, bits);
        // Up to 16 concatenated tables spare stage 2 a level.
        if (stage == Stage.Two && bits - new TableGeometry(12, bits, start).ShiftOf(start) <= 4) start++;
        return new TableGeometry(12, bits, start);
    }
}
