using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors;

/// <summary>
/// The answer to <see cref="FaultQueueAlloc"/> and <see cref="VeventqAlloc"/>: the queue and its open file. It is no descriptor yet. Who
/// finds no descriptor for it closes it and destroys the queue, which nobody has used then.
/// </summary>
public sealed record EventQueueAnswer(ObjectId Queue, EventFile File) : Answer(Errno.None, Queue.Value);

/// <summary>What an event file is ready for.</summary>
public sealed record PollAnswer(EventFile File, PollEvents Events) : Answer(Errno.None, (ulong)Events);
