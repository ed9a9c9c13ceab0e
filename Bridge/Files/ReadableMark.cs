using Akka.Actor;
using Iommu.Actors;
using Iommu.Bridge.Native;

namespace Iommu.Bridge.Files;

/// <summary>
/// Keeps a mark in the socket of an event file while it can be read, so that poll(), select() and epoll find the program's end of the
/// socket readable. A program that reads takes the mark, and says so.
/// </summary>
internal sealed class ReadableMark : UntypedActor
{
    private static readonly byte[] Mark = [1];

    private readonly EventFile _file;
    private readonly Descriptor _socket;

    public ReadableMark(EventFile file, Descriptor socket)
    {
        (_file, _socket) = (file, socket);
        file.Watch(Self);
    }

    public static Props Props(EventFile file, Descriptor socket) => Akka.Actor.Props.Create(() => new ReadableMark(file, socket));

    /// <summary>A reader has taken the mark; what it wanted to read it has read.</summary>
    public sealed record Taken
    {
        public static readonly Taken Instance = new();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case PollAnswer:
                SeqPacket.Send(_socket, Mark);
                break;
            case Taken:
                _file.Watch(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void PostStop() => _file.Unwatch(Self);
}
