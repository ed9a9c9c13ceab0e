using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>From an event file to its queue.</summary>
internal abstract record FileCall
{
    /// <summary>The answer of a file that is closed.</summary>
    public virtual Answer WhenClosed => Errno.EBADF;

    /// <summary>Who gets it.</summary>
    public virtual IActorRef Waiting(IActorRef sender) => sender;
}

internal sealed record ReadEvents(int CountBytes, CopyOut CopyOut, bool Positioned) : FileCall;

internal sealed record WriteEvents(int CountBytes, CopyIn CopyIn, bool Positioned) : FileCall;

internal sealed record PollFile(EventFile File) : FileCall
{
    public override Answer WhenClosed => new PollAnswer(File, PollEvents.Invalid);
}

/// <summary>Tell this one, by a <see cref="PollAnswer"/>, when something can be read.</summary>
internal sealed record WatchFile(EventFile File, IActorRef Watcher) : FileCall
{
    public override Answer WhenClosed => new PollAnswer(File, PollEvents.Invalid);

    public override IActorRef Waiting(IActorRef sender) => Watcher;
}

/// <summary>Do not tell it any more.</summary>
internal sealed record UnwatchFile(EventFile File, IActorRef Watcher);

/// <summary>The file is closed, by the process or with its context: its reference ends.</summary>
internal sealed record EventFileClosed
{
    public static readonly EventFileClosed Instance = new();
}

/// <summary>
/// To an event queue that has come back without its file: the process has that still. Answered by <see cref="EventQueueAnswer"/>, EBUSY
/// when it has one, ENOENT when it is leaving.
/// </summary>
internal sealed record ReopenEventFile
{
    public static readonly ReopenEventFile Instance = new();
}

/// <summary>From the context to the vIOMMU of an event queue that was just started: reports of this type are for it.</summary>
internal sealed record VeventqLinked(Messages.Uapi.VeventqType Type, IActorRef Queue);

/// <summary>To a vIOMMU: its event queue of this type is gone, and the reference that it held ends.</summary>
internal sealed record VeventqUnlinked(Messages.Uapi.VeventqType Type);
