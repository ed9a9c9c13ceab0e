using Iommu.Actors.Selftest;
using Iommu.Actors.Uapi;
using Iommu.Bridge.Protocol;
using Iommu.Bridge.Server;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Bridge.Files;

/// <summary>A file that a program holds, passes on and names in calls of others, but does not call: an access, a dma-buf.</summary>
/// <param name="file">It.</param>
/// <param name="context">The file of the context that it came of.</param>
internal sealed class HeldFile(IOpenFile file, IommufdFile context) : IServedFile
{
    public Task ServeAsync(ShimCall call)
    {
        call.Refuse(call.Request.Op == ShimOp.Ioctl ? Errno.ENOTTY : Errno.EINVAL);
        return Task.CompletedTask;
    }

    public async Task ClosedAsync()
    {
        file.Closed();
        if (file is MockAccessFile access) await access.Ended;
        if (context.IsClosed) await context.Ended;
    }
}
