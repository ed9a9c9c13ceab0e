using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Trivial;

namespace Iommu.TestKit.Model;

/// <summary>What <see cref="TrivialIommu"/> accepts.</summary>
internal sealed class TrivialRules(string name) : DriverRules(name)
{
    public override bool NestsOnParents => false;

    public override bool HasPasids => false;

    public override bool NestedWantsVdevice => true;

    public override Result<HwInfo> HwInfo(ModelDevice device, HwInfoType type) =>
        type is HwInfoType.None or HwInfoType.ArmSmmuv3 ? new HwInfo(HwInfoType.ArmSmmuv3, new byte[] { 1, 2, 3, 4 }) : Errno.EOPNOTSUPP;

    /// <summary>It looks at no data.</summary>
    public override Result<PagingLimits> Paging(ModelDevice device, HwptAllocFlags flags, UserData data) =>
        new PagingLimits(4096, 0, (1UL << 48) - 1);

    public override Errno Nested(HwptAllocFlags flags, UserData data) => Errno.EOPNOTSUPP;

    public override Errno NestedOnViommu(HwptAllocFlags flags, UserData data) =>
        flags != HwptAllocFlags.None || data.Type != (uint)TrivialIommu.NestedData ? Errno.EOPNOTSUPP
        : data.Bytes.Length == 16 ? Errno.None : Errno.EINVAL;

    public override Errno Attach(ModelDevice device, uint pasid, HwptObject hwpt) => hwpt.Iommu == this ? Errno.None : Errno.EINVAL;

    public override bool HasViommus(ViommuType type) => type == ViommuType.ArmSmmuv3;

    public override Result<ulong> Viommu(UserData data, DriverRules parent) => parent == this ? 0UL : Errno.EINVAL;

    public override Errno Vdevice(ulong virtualId) => Errno.None;

    /// <summary>An entry whose first byte is 0xff is refused.</summary>
    public override Answer Invalidate(HwptInvalidate call, Func<ulong, bool>? hasVirtualId)
    {
        if (hasVirtualId is null) return Errno.EOPNOTSUPP;
        if (call.DataType != InvalidateDataType.ArmSmmuv3) return Errno.EINVAL;
        var handled = 0;
        while (handled < call.EntryNum && call.Entries.Span[handled * call.EntryLength] != 0xff) handled++;
        return new Answer(handled == call.EntryNum ? Errno.None : Errno.EIO, (ulong)handled);
    }

    public override bool HasHwQueues(HwQueueType type) => false;

    public override Errno HwQueue(uint index, IReadOnlyCollection<uint> used) => Errno.EOPNOTSUPP;
}
