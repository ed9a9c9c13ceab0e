using Iommu.Bridge.Server;

namespace Iommu.Bridge.Files;

/// <summary>A file as one of the sockets that stand for it.</summary>
/// <param name="file">What serves it, the same for all of them.</param>
/// <param name="shared">Who closes it.</param>
internal sealed class HolderFile(IServedFile file, SharedFile shared) : IServedFile
{
    public Task ServeAsync(ShimCall call) => file.ServeAsync(call);

    public Task ClosedAsync() => shared.ReleaseAsync();
}
