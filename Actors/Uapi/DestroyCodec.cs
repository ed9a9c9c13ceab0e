using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_DESTROY (main.c, iommufd_destroy).</summary>
internal sealed class DestroyCodec : IoctlCodec<IommuDestroy>
{
    protected override Result<Call> Decode(in IommuDestroy command, UserProcess caller) => new Destroy(new ObjectId(command.Id));
}
