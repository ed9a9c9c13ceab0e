using Iommu.Messages;
using Iommu.Persistence.Mappings;

namespace Iommu.Persistence.Graph;

/// <summary>What a journal says of one context.</summary>
/// <param name="Name">The context.</param>
/// <param name="Open">Whether it was never closed, so that an open brings it back as it is here.</param>
/// <param name="EventsTotal">Events that its graph's stream has seen.</param>
/// <param name="Graph">Its objects; of a closed context the last ones that it had: see <see cref="GraphHistory"/>.</param>
/// <param name="Mappings">The areas of every IOAS of the graph.</param>
public sealed record ContextState(
    string Name, bool Open, long EventsTotal, ObjectGraph Graph, IReadOnlyDictionary<ObjectId, AreaTable> Mappings);
