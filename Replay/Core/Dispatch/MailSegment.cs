using Akka.Actor;

namespace Akka.Dispatch;

/// <summary>A stretch of a mailbox. Writers reserve slots in order; a slot is full once its message is set.</summary>
internal sealed class MailSegment(int length)
{
    public readonly Slot[] Slots = new Slot[length];
    public MailSegment? Next;

    /// <summary>How many slots were asked for; more than there are when the segment is full.</summary>
    public int Reserved;

    public struct Slot
    {
        public object? Message;
        public IActorRef? Sender;
    }
}
