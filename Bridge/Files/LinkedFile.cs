using Iommu.Bridge.Server;

namespace Iommu.Bridge.Files;

/// <summary>A file as one socket stands for it: for as long, calls may name it by a descriptor, and the ledger has it.</summary>
/// <param name="file">It.</param>
/// <param name="unlink">The socket stands for it no more.</param>
internal sealed class LinkedFile(IServedFile file, Action unlink) : IServedFile
{
    public Task ServeAsync(ShimCall call) => file.ServeAsync(call);

    public Task ClosedAsync()
    {
        unlink();
        return file.ClosedAsync();
    }
}
