using Iommu.Hardware.Drivers;
using Iommu.Hardware.Faults;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.UnderTest.Probes;

/// <summary>A vIOMMU whose calls a probe is told.</summary>
internal sealed class ProbedViommu : ViommuDecorator
{
    private readonly DriverProbe _probe;
    private readonly IViommuServices _services;

    public ProbedViommu(
        IIommuDriver driver, IViommuDriver inner, IViommuServices services, PhysicalDevice device, DriverProbe probe) : base(driver, inner)
    {
        (Inner, _services, _probe) = (inner, services, probe);
        probe.Made(this, $"the vIOMMU allocated for {device.Name}");
    }

    public IViommuDriver Inner { get; }

    /// <summary>What it has in common with the one that takes its place when its context has crashed.</summary>
    public string? Identity => _services.Identity;

    public override Result<INestedDomain> AllocNested(HwptAllocFlags flags, UserData data)
    {
        var made = _probe.ShouldFail() ? Errno.ENOMEM : base.AllocNested(flags, data);
        _probe.Note(nameof(AllocNested), null, $"{flags}", made.Errno);
        return made.Failed ? made.Errno : new ProbedNestedDomain(Iommu, this, made.Value!, _probe);
    }

    public override Errno AddVdevice(PhysicalDevice device, ulong virtualId)
    {
        var errno = _probe.ShouldFail() ? Errno.ENOMEM : base.AddVdevice(device, virtualId);
        _probe.Note(nameof(AddVdevice), device, $"virtual id 0x{virtualId:x}", errno);
        return errno;
    }

    public override void RemoveVdevice(ulong virtualId)
    {
        base.RemoveVdevice(virtualId);
        _probe.Note(nameof(RemoveVdevice), null, $"virtual id 0x{virtualId:x}");
    }

    public override PreparedInvalidation Invalidate(
        InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum)
    {
        var prepared = base.Invalidate(dataType, entries, entryLength, entryNum);
        _probe.Note(nameof(Invalidate), null, $"{entryNum} entries, {prepared.Handled} handled", prepared.Errno);
        return prepared;
    }

    public override Result<IHwQueueDriver> InitHwQueue(
        HwQueueType type, uint index, ulong iova, ulong physical, ulong lengthBytes)
    {
        var made = base.InitHwQueue(type, index, iova, physical, lengthBytes);
        _probe.Note(nameof(InitHwQueue), null, $"{type} {index} at 0x{iova:x}, length 0x{lengthBytes:x}", made.Errno);
        return made;
    }

    public override IEnumerable<CommandBatch> Free()
    {
        _probe.Note(nameof(Free), null, "vIOMMU");
        _probe.Freed(this);
        return base.Free();
    }
}
