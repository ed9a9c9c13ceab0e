using Iommu.Bridge.Protocol;
using Iommu.Bridge.Server;
using Iommu.Messages;

namespace Iommu.Bridge.Files;

/// <summary>A file that a program holds, passes on and names in calls of others, but does not call: an access, a dma-buf.</summary>
internal sealed class HeldFile : IServedFile
{
    public Task ServeAsync(ShimCall call)
    {
        call.Refuse(call.Request.Op == ShimOp.Ioctl ? Errno.ENOTTY : Errno.EINVAL);
        return Task.CompletedTask;
    }

    public Task ClosedAsync() => Task.CompletedTask;
}
