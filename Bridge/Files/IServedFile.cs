using Iommu.Bridge.Server;

namespace Iommu.Bridge.Files;

/// <summary>What is behind a connection once it has been opened: an open file of a program.</summary>
internal interface IServedFile
{
    /// <summary>Serves one request and replies to it. Several may be under way at once.</summary>
    Task ServeAsync(ShimCall call);

    /// <summary>The last copy of the descriptor is closed, or of one of its sockets, where <see cref="SharedFile"/> counts them.</summary>
    Task ClosedAsync();
}
