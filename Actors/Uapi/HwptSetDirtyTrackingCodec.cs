using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_HWPT_SET_DIRTY_TRACKING (hw_pagetable.c, iommufd_hwpt_set_dirty_tracking): its reserved field is not looked at.</summary>
internal sealed class HwptSetDirtyTrackingCodec : IoctlCodec<IommuHwptSetDirtyTracking>
{
    protected override Result<Call> Decode(in IommuHwptSetDirtyTracking command, UserProcess caller) =>
        new HwptSetDirtyTracking(new ObjectId(command.HwptId), command.Flags);
}
