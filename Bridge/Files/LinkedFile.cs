using Iommu.Bridge.Server;

namespace Iommu.Bridge.Files;

/// <summary>A file that calls name by a descriptor, until it is closed.</summary>
/// <param name="file">It.</param>
/// <param name="unlink">It is found no more.</param>
internal sealed class LinkedFile(IServedFile file, Action unlink) : IServedFile
{
    public Task ServeAsync(ShimCall call) => file.ServeAsync(call);

    public Task ClosedAsync()
    {
        unlink();
        return file.ClosedAsync();
    }
}
