using Iommu.Messages;

namespace Iommu.Actors;

/// <summary>
/// To the owner of an access: what it has pinned in this range is about to be unmapped. It unpins it, and then answers the sender with
/// <see cref="UnmapNoticed"/>, also when it had pinned nothing there. All of the range, 0 with 2^64 - 1, is the end of the attachment.
/// </summary>
public sealed record UnmapNotice(ObjectId Access, ulong Iova, ulong LengthBytes);

/// <summary>From the owner of an access: it has let go.</summary>
/// <param name="Notice">The notice that this answers.</param>
public sealed record UnmapNoticed(UnmapNotice Notice);
