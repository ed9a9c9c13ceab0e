using System.Buffers.Binary;
using System.Collections.Concurrent;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processors;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>
/// The host's driver of one SMMUv3: it writes stream table, context descriptors and translation tables into memory in the
/// architecture's formats and says which commands make the SMMU see them.
/// </summary>
public sealed partial class Smmuv3Driver : IIommuDriver
{
    private const int Stage1Bits = 48;
    private const uint RecordBadStreamIds = 2;
    private const uint ErrataRepeatTlbiCfgi = 1;
    private const uint PrivateMaintenance = 4;

    private static readonly IovaRange[] MsiWindow = [new(0x800_0000, 0x80F_FFFF)];

    private readonly PhysicalMemory _memory;
    private readonly FrameAllocator _frames;
    private readonly Registers _registers;
    private readonly StreamTable _streams;
    private readonly EventReader _events;
    private readonly PageRequestReader _pageRequests;
    private readonly IdAllocator _asids;
    private readonly IdAllocator _vmids;
    private readonly bool _sharesVmids;
    private readonly ConcurrentDictionary<PhysicalDevice, StreamState> _states = new();
    private readonly ConcurrentDictionary<uint, PhysicalDevice> _bySid = new();

    private Smmuv3Driver(
        string name, PhysicalMemory memory, FrameAllocator frames, Smmu smmu, StreamTable streams, ICommandQueue queue, KvmHost? kvm,
        bool repeatsInvalidations)
    {
        RepeatsInvalidations = repeatsInvalidations;
        (Name, _memory, _frames, _registers, _streams) = (name, memory, frames, smmu.Registers, streams);
        Queue = _recovery = new RecoveringQueue(queue, memory, _registers);
        (_events, _pageRequests) = (new EventReader(memory, _registers), new PageRequestReader(memory, _registers));
        smmu.Interrupt = _interrupts.Raise;
        _asids = new IdAllocator(1, (1 << _registers.AsidBits) - 1);
        _vmids = kvm?.Vmids ?? new IdAllocator(1, (1 << _registers.VmidBits) - 1);
        _sharesVmids = kvm is not null;
    }

    public string Name { get; }

    /// <summary>The queue that carries every batch of this driver.</summary>
    public ICommandQueue Queue { get; }

    /// <summary>Whether the hardware has the erratum that TLBI and CFGI must be issued twice.</summary>
    public bool RepeatsInvalidations { get; }

    /// <summary>What this SMMU has beyond the architecture; null for nothing. Set before the driver is used.</summary>
    internal ISmmuv3Implementation? Implementation { get; set; }

    internal bool HasRanges => _registers.HasRangeInvalidation;

    internal int CommandQueueLog2Max => _registers.CommandQueueLog2Max;

    internal Capabilities Features => Driver.Capabilities.Of(_registers);

    /// <summary>Brings an SMMU up: stream table and rings in memory, everything aborting, queues on, then translation.</summary>
    /// <param name="name">Unique within the machine.</param>
    /// <param name="memory">The host's memory.</param>
    /// <param name="frames">Where tables and rings come from.</param>
    /// <param name="smmu">The hardware, after reset.</param>
    /// <param name="queue">The SMMU's command queue, or a decorator of it.</param>
    /// <param name="kvm">The hypervisor whose VMIDs it shares, where the SMMU can take part in TLB maintenance of the processors.</param>
    /// <param name="repeatsInvalidations">Whether TLBI and CFGI must be issued twice (an erratum, which user space is told of).</param>
    /// <returns>ENOMEM when there are no frames for the tables.</returns>
    public static Result<Smmuv3Driver> Start(
        string name, PhysicalMemory memory, FrameAllocator frames, Smmu smmu, ICommandQueue queue, KvmHost? kvm = null,
        bool repeatsInvalidations = false)
    {
        var shared = smmu.Registers is { HasBroadcast: true, VmidBits: 16 } ? kvm : null;
        if (StreamTable.Create(memory, frames, smmu.Registers.StreamIdBits) is not { } streams) return Errno.ENOMEM;
        if (RingSetup.Apply(frames, smmu.Registers) is var errno and not Errno.None) return errno;
        smmu.Registers.StreamTableBase = streams.Root;
        smmu.Registers.StreamTableConfig = streams.BaseConfig;
        smmu.Registers.Cr2 = shared is null ? RecordBadStreamIds | PrivateMaintenance : RecordBadStreamIds;
        shared?.Join(smmu);
        smmu.Registers.Cr0 = 0xD | (smmu.Registers.HasPageRequests ? 2u : 0);
        var driver = new Smmuv3Driver(name, memory, frames, smmu, streams, queue, shared, repeatsInvalidations);
        Plan.Run(driver.NewBatch().Add(Command.CfgiAll()).Add(Command.NsnhAll()).Close());
        return driver;
    }

    /// <summary>Makes a device known: its stream table entry (aborting) and the memory for its context descriptors.</summary>
    /// <returns>ENOMEM.</returns>
    public Errno AddDevice(PhysicalDevice device)
    {
        if (!_streams.Cover(device.StreamId)) return Errno.ENOMEM;
        if (ContextTable.Create(_memory, _frames, PasidBitsOf(device)) is not { } contexts) return Errno.ENOMEM;
        if (!_bySid.TryAdd(device.StreamId, device)) return Errno.EEXIST;
        _states[device] = new StreamState(contexts);
        return Errno.None;
    }

    public Result<HwInfo> HwInfo(PhysicalDevice device, HwInfoType type)
    {
        if (type is not (HwInfoType.None or HwInfoType.ArmSmmuv3)) return Implementation?.HwInfo(type) ?? Errno.EOPNOTSUPP;
        var data = new byte[40];
        ReadOnlySpan<uint> words =
        [
            RepeatsInvalidations ? ErrataRepeatTlbiCfgi : 0, 0,
            _registers.Idr0, _registers.Idr1, 0, _registers.Idr3, 0, _registers.Idr5, _registers.Iidr, _registers.Aidr,
        ];
        for (var i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(i * 4), words[i]);
        return new HwInfo(HwInfoType.ArmSmmuv3, data);
    }

    public DeviceCapabilities Capabilities(PhysicalDevice device) => new()
    {
        Ats = device.HasAts && _registers.HasAts,
        PasidBits = (byte)PasidBitsOf(device),
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

    public bool SupportsViommu(PhysicalDevice device, ViommuType type) =>
        _registers.HasStage1 && _registers.HasStage2
        && (type == ViommuType.ArmSmmuv3 || Implementation?.SupportsViommu(type) == true);

    public Result<IViommuDriver> AllocViommu(
        PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services)
    {
        if (!SupportsViommu(device, (ViommuType)data.Type)) return Errno.EOPNOTSUPP;
        if (parent is not Smmuv3PagingDomain { IsNestParent: true } domain || !ReferenceEquals(domain.Iommu, this)) return Errno.EINVAL;
        var vmid = TakeVmid(services);
        if (vmid.Failed) return vmid.Errno;
        var made = (ViommuType)data.Type == ViommuType.ArmSmmuv3
            ? new Smmuv3Viommu(this, domain, vmid.Value, services) : Implementation!.CreateViommu(domain, vmid.Value, data, services);
        if (made.Failed)
        {
            FreeVmid(vmid.Value, services);
            return made.Errno;
        }
        domain.Tags.Add(new CacheTag(CacheTagKind.NestedVmid, (uint)vmid.Value));
        return made.Value!;
    }

    internal CommandWriter NewBatch() => new(Queue, RepeatsInvalidations);

    internal bool Serves(PhysicalDevice device) => _states.ContainsKey(device);

    /// <summary>The VM's own where its processors' TLB maintenance reaches this SMMU, else one that nobody has.</summary>
    /// <returns>EBUSY when another vIOMMU has the VM's; ENOSPC.</returns>
    private Result<int> TakeVmid(IViommuServices services)
    {
        if (_sharesVmids && services.Vm is Kvm vm) return vm.TryTake(this) ? vm.Vmid : Errno.EBUSY;
        return _vmids.Allocate() is { } vmid ? vmid : Errno.ENOSPC;
    }

    internal void FreeVmid(int vmid, IViommuServices services)
    {
        if (_sharesVmids && services.Vm is Kvm vm) vm.GiveBack(this);
        else _vmids.Free(vmid);
    }

    internal IEnumerable<CommandBatch> FreePaging(Smmuv3PagingDomain domain)
    {
        yield return FlushTag(domain.OwnTag).Close();
        domain.Table.FreeAll();
        (domain.Stage == Stage.One ? _asids : _vmids).Free(domain.Tag);
    }

    private int PasidBitsOf(PhysicalDevice device) => Math.Min(device.PasidBits, _registers.SubstreamIdBits);

    private CommandWriter FlushTag(CacheTag tag)
    {
        var writer = NewBatch();
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
