using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>
/// The host's driver of one VT-d remapping unit in scalable mode (drivers/iommu/intel): it writes root, context and PASID tables and
/// translation tables into memory in the architecture's formats and says which descriptors make the unit see them.
/// </summary>
public sealed partial class VtdDriver : IIommuDriver
{
    private const uint Erratum772415 = 1;
    private const uint NoPasid = 0;
    private const int FirstDomainId = 2;
    private const int GibLevel = 3;

    private static readonly IovaRange[] Interrupts = [new(0xFEE0_0000, 0xFEEF_FFFF)];

    private readonly PhysicalMemory _memory;
    private readonly FrameAllocator _frames;
    private readonly RemappingUnit _unit;
    private readonly RootTable _roots;
    private readonly ulong _status;
    private readonly IdAllocator _domainIds;
    private readonly ConcurrentDictionary<PhysicalDevice, DeviceTables> _tables = new();
    private readonly ConcurrentDictionary<uint, PhysicalDevice> _bySourceId = new();

    private VtdDriver(
        PhysicalMemory memory, FrameAllocator frames, RemappingUnit unit, RootTable roots, ulong status, ICommandQueue queue)
    {
        (_memory, _frames, _unit, _roots, _status) = (memory, frames, unit, roots, status);
        Queue = _recovery = new RecoveringQueue(queue, memory, Registers, source => !unit.IsGone(source));
        // 0 marks what caching mode keeps of invalid entries, 1 is Linux's for first stages of processes.
        _domainIds = new IdAllocator(FirstDomainId, (1 << Registers.DomainIdBits) - 1);
        _guests = new GuestSlots<VtdViommu>(0, unit.GuestQueues.Count);
        unit.Interrupt = _interrupts.Raise;
    }

    public string Name => _unit.Name;

    /// <summary>The queue that carries every batch of this driver.</summary>
    public ICommandQueue Queue { get; }

    public bool SupportsNested => true;

    internal Registers Registers => _unit.Registers;

    internal bool HasSnoopControl => Registers.HasSnoopControl;

    /// <summary>Brings a unit up: root table, invalidation queue and page request ring in memory, queue on, then translation.</summary>
    /// <param name="memory">The host's memory.</param>
    /// <param name="frames">Where tables and rings come from.</param>
    /// <param name="unit">The hardware, after reset.</param>
    /// <param name="queue">The unit's invalidation queue, or a decorator of it.</param>
    /// <returns>ENOMEM when there are no frames for the tables.</returns>
    public static Result<VtdDriver> Start(PhysicalMemory memory, FrameAllocator frames, RemappingUnit unit, ICommandQueue queue)
    {
        if (RootTable.Create(memory, frames) is not { } roots || frames.Allocate() is not { } status) return Errno.ENOMEM;
        if (RingSetup.Apply(frames, unit.Registers) is var errno and not Errno.None) return errno;
        var driver = new VtdDriver(memory, frames, unit, roots, status, queue);
        unit.Registers.RootTableAddress = roots.Root | RingSetup.ScalableMode;
        unit.Registers.QueueEnabled = true;
        Plan.Run(driver.Writer().Add(Descriptor.ContextCacheAll()).Add(Descriptor.PasidCacheAll()).Add(Descriptor.IotlbAll()).Close());
        unit.Registers.TranslationEnabled = true;
        return driver;
    }

    /// <summary>Makes a device known: its context entry, and a PASID directory in which nothing is present.</summary>
    /// <returns>ENOMEM; EEXIST.</returns>
    public Errno AddDevice(PhysicalDevice device)
    {
        if (DeviceTables.Create(_memory, _frames, Registers.PasidBits) is not { } tables) return Errno.ENOMEM;
        if (tables.Reserve(NoPasid) is null || !_roots.Write(device.StreamId, tables, device.HasAts, Registers)) return Errno.ENOMEM;
        _bySourceId[device.StreamId] = device;
        return _tables.TryAdd(device, tables) ? Errno.None : Errno.EEXIST;
    }

    public Result<HwInfo> HwInfo(PhysicalDevice device, HwInfoType type)
    {
        if (type is not (HwInfoType.None or HwInfoType.IntelVtd)) return Errno.EOPNOTSUPP;
        var info = new IommuHwInfoVtd
        {
            Flags = Erratum772415, CapReg = Registers.Capability, EcapReg = Registers.ExtendedCapability,
        };
        return new HwInfo(HwInfoType.IntelVtd, MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref info, 1)).ToArray());
    }

    public DeviceCapabilities Capabilities(PhysicalDevice device) => new()
    {
        EnforcesCoherency = HasSnoopControl,
        DirtyTracking = Registers.HasSecondStageDirty,
        Ats = device.HasAts && Registers.HasDeviceTlbs,
        PasidBits = (byte)Registers.PasidBits,
    };

    /// <summary>Where interrupts are written to (IOAPIC_RANGE of iommu.c).</summary>
    public IReadOnlyList<IovaRange> ReservedRegions(PhysicalDevice device) => Interrupts;

    /// <summary>
    /// A first stage where the flags let it (intel_iommu_domain_alloc_first_stage), a second stage for a nest parent and for dirty bits.
    /// </summary>
    public Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default)
    {
        if (!data.IsEmpty) return Errno.EOPNOTSUPP;
        const HwptAllocFlags ofSecond = HwptAllocFlags.NestParent | HwptAllocFlags.DirtyTracking;
        if ((flags & ~(ofSecond | HwptAllocFlags.Pasid)) != 0) return Errno.EOPNOTSUPP;
        var isFirst = (flags & ofSecond) == 0 && Registers.HasFirstStage;
        if (!isFirst && !CanHaveSecond(flags)) return Errno.EOPNOTSUPP;
        if (_domainIds.Allocate() is not { } domainId) return Errno.ENOSPC;
        if (CreateTable(isFirst) is { } table)
            return new VtdPagingDomain(this, isFirst, flags.HasFlag(HwptAllocFlags.NestParent),
                flags.HasFlag(HwptAllocFlags.DirtyTracking), table, domainId);
        _domainIds.Free(domainId);
        return Errno.ENOMEM;
    }

    /// <returns>EOPNOTSUPP a flag, a data type, or a unit without nesting; EINVAL no nest parent of its own, another length.</returns>
    public Result<INestedDomain> AllocNested(PhysicalDevice device, IPagingDomain parent, HwptAllocFlags flags, UserData data)
    {
        if (!Registers.HasNesting || (flags & ~HwptAllocFlags.Pasid) != 0) return Errno.EOPNOTSUPP;
        if (data.Type != (uint)HwptDataType.VtdS1) return Errno.EOPNOTSUPP;
        if (parent is not VtdPagingDomain { IsFirstStage: false, IsNestParent: true } second) return Errno.EINVAL;
        var first = GuestFirstStage.Parse(data);
        return first.Failed ? first.Errno : AllocNested(second, first.Value!, null);
    }

    /// <summary>The answer of software to a group of page requests: a page group response, by the invalidation queue (prq.c).</summary>
    public IEnumerable<CommandBatch> RespondToFaults(PhysicalDevice device, IReadOnlyList<PageFault> group, PageResponseCode code)
    {
        var last = group[^1];
        uint? pasid = last.Flags.HasFlag(PageFaultFlags.PasidValid) ? last.Pasid : null;
        yield return Writer().Add(Descriptor.PageGroupResponse(device.StreamId, pasid, last.Group, (int)code)).Close();
    }

    internal DescriptorWriter Writer() => new(Queue, _status);

    internal void FreeDomainId(int domainId) => _domainIds.Free(domainId);

    internal bool Serves(PhysicalDevice device) => _tables.ContainsKey(device);

    internal Result<INestedDomain> AllocNested(VtdPagingDomain parent, GuestFirstStage first, VtdViommu? viommu) =>
        _domainIds.Allocate() is { } domainId ? new VtdNestedDomain(this, parent, first, domainId, viommu) : Errno.ENOSPC;

    internal ulong PageSizesOf(bool isFirstStage)
    {
        var sizes = 1UL << 12;
        for (var level = 2; level <= LargestLeafOf(isFirstStage); level++) sizes |= 1UL << (12 + 9 * (level - 1));
        return sizes;
    }

    private bool CanHaveSecond(HwptAllocFlags flags) => Registers.HasSecondStage
        && (!flags.HasFlag(HwptAllocFlags.NestParent) || Registers.HasNesting)
        && (!flags.HasFlag(HwptAllocFlags.DirtyTracking) || Registers.HasSecondStageDirty);

    private int LargestLeafOf(bool isFirstStage)
    {
        if (isFirstStage) return Registers.HasFirstStage1Gib ? GibLevel : GibLevel - 1;
        return Registers.HasSecondStageLeaf(GibLevel) ? GibLevel : Registers.HasSecondStageLeaf(2) ? 2 : 1;
    }

    // The first stage's addresses are signed: the upper half is not for mapping (compute_vasz_lg2_fs, PT_FEAT_SIGN_EXTEND).
    private VtdPageTable? CreateTable(bool isFirst)
    {
        var bits = Registers.MaxGuestAddressBits;
        var hasFive = isFirst ? Registers.HasFirstStage5Levels : Registers.HasSecondStageLevels(5);
        var levels = bits > 48 && hasFive ? 5 : isFirst || Registers.HasSecondStageLevels(4) ? 4 : 3;
        var width = Math.Min(bits, 12 + 9 * levels) - (isFirst ? 1 : 0);
        return VtdPageTable.Create(
            _memory, _frames, isFirst ? TableFormat.First : TableFormat.Second, levels, width, LargestLeafOf(isFirst));
    }
}
