using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.TestKit.Crash;

/// <summary>
/// An event that changes nothing. It stands where code has forgotten to journal one: a row that was only left out would leave a gap in the
/// numbers, which is another fault, and refused before anything is recovered.
/// </summary>
internal static class InertEvent
{
    public static object InPlaceOf(object happened) => happened switch
    {
        GraphEvent => new DirtyTrackingSet(ObjectId.None, Enabled: false),
        MappingEvent => new PagesRevoked(ulong.MaxValue),
        DirectoryEvent => new ContextClosed("nobody"),
        _ => throw new ArgumentException($"{happened.GetType().Name} is no event of a journal"),
    };
}
