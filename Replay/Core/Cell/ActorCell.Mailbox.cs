using System.Runtime.CompilerServices;
using Akka.Actor.Internal;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

public partial class ActorCell : IThreadPoolWorkItem
{
    private const int Awaiting = 1;
    private const int Closed = 2;
    private const int OneSuspension = 4;

    private MailQueue _mail;
    private Stack<Envelope>? _unstashed;
    private SystemMessage? _systemMail;
    private int _scheduled;

    // Why no ordinary message may be taken: flags below OneSuspension, then a count. Written in the actor's own turn only.
    private volatile int _obstacles;

    public int NumberOfMessages => _mail.Count + (_unstashed?.Count ?? 0);

    public bool HasMessages => _unstashed is { Count: > 0 } || _mail.HasMessages;

    public bool IsTerminated => (_obstacles & Closed) != 0;

    internal bool IsSuspended => _obstacles >= OneSuspension || (_obstacles & Awaiting) != 0;

    internal SystemMessage? LatestSystemMessage => Volatile.Read(ref _systemMail);

    internal bool HasSystemMessages => Volatile.Read(ref _systemMail) is not null;

    internal bool CanTakeTurn => HasSystemMessages || (HasMessages && (_obstacles == 0 || IsTerminated));

    internal void SendMessage(object message, IActorRef? sender)
    {
        if (message is null) ThrowNull();
        if ((_obstacles & Closed) != 0)
        {
            ToDeadLetters(message!, sender);
            return;
        }
        _mail.Enqueue(message!, sender);
        RequestTurn();
    }

    internal void SendSystemMessage(SystemMessage message)
    {
        if (IsTerminated)
        {
            ToDeadLetters(message);
            return;
        }
        SystemMessage? head;
        do
        {
            head = Volatile.Read(ref _systemMail);
            message.Next = head;
        }
        while (Interlocked.CompareExchange(ref _systemMail, message, head) != head);
        RequestTurn();
    }

    internal void EnqueueFirst(Envelope envelope) => (_unstashed ??= new Stack<Envelope>()).Push(envelope);

    void IThreadPoolWorkItem.Execute()
    {
        Run(_system.Throughput);
        EndTurn();
    }

    /// <summary>One turn: pending system messages, then up to so many ordinary messages.</summary>
    internal void Run(int throughput)
    {
        var previous = InternalCurrentActorCellKeeper.Current;
        InternalCurrentActorCellKeeper.Current = this;
        try
        {
            if (HasSystemMessages) ProcessSystemMessages();
            while (throughput-- > 0 && _obstacles == 0 && TryTake(out var message, out var sender))
            {
                Invoke(message, sender);
                if (HasSystemMessages) ProcessSystemMessages();
            }
            if (IsTerminated) DrainToDeadLetters();
        }
        finally
        {
            InternalCurrentActorCellKeeper.Current = previous;
        }
    }

    /// <summary>Gives up the turn, and asks for another when there is more to do.</summary>
    internal void EndTurn()
    {
        Interlocked.Exchange(ref _scheduled, 0);
        if (CanTakeTurn) RequestTurn();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RequestTurn()
    {
        if (Volatile.Read(ref _scheduled) == 0 && Interlocked.Exchange(ref _scheduled, 1) == 0) _system.Runtime.Enqueue(this);
    }

    private bool TryTake(out object message, out IActorRef? sender)
    {
        if (_unstashed is { Count: > 0 })
        {
            var envelope = _unstashed.Pop();
            message = envelope.Message;
            sender = envelope.Sender;
            return true;
        }
        return _mail.TryDequeue(out message, out sender);
    }

    private void DrainToDeadLetters()
    {
        while (TryTake(out var message, out var sender)) ToDeadLetters(message, sender);
        for (var left = TakeSystemMessages(); left is not null; left = left.Next) ToDeadLetters(left);
    }

    private void ToDeadLetters(object message, IActorRef? sender)
    {
        var deadLetters = _system.DeadLetters;
        deadLetters.Tell(message as DeadLetter ?? new DeadLetter(message, sender ?? deadLetters, _self), sender);
    }

    private void ToDeadLetters(SystemMessage message)
    {
        if (message is Watch watch && watch.Watchee.Equals(_self))
            watch.Watcher.SendSystemMessage(new DeathWatchNotification(watch.Watchee, existenceConfirmed: false, addressTerminated: false));
    }

    private static void ThrowNull() => throw new ArgumentNullException(null, "The message cannot be null.");
}
