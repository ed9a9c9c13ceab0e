using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Event;
using Akka.Pattern;

namespace Akka.Persistence.Journal;

/// <summary>
/// Base of journal plugins. Requests of all persistent actors of a system meet here; their writes may go on at the same time,
/// and are answered in the order in which they came.
/// </summary>
public abstract class AsyncWriteJournal : ActorBase
{
    private readonly Resequencer _resequencer = new();
    private readonly ReplayFilterSettings _filter;
    private readonly bool _deterministic = ((ActorSystemImpl)Context.System).Runtime.IsDeterministic;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    protected AsyncWriteJournal()
    {
        var config = Persistence.Instance.Apply(Context.System).JournalConfig(Self.Path.Name);
        _filter = new ReplayFilterSettings(config.GetConfig("replay-filter"));
    }

    /// <summary>Hands events of a range, both bounds in it and at most <paramref name="max"/>, to the callback in their order.</summary>
    public abstract Task ReplayMessagesAsync(IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback);

    /// <summary>Also counts deleted events; 0 where none was ever written. Nothing below the start needs to be looked at.</summary>
    public abstract Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr);

    /// <summary>
    /// Writes each of them all or none. A failed task means that nobody knows what was written, and stops the writers; a list
    /// gives for each write null or why it was rejected; null means that all is well.
    /// </summary>
    protected abstract Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages);

    protected abstract Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr);

    /// <summary>Messages of the plugin's own.</summary>
    protected virtual bool ReceivePluginInternal(object message) => false;

    /// <summary>As ReplayMessagesAsync, for a plugin that waits between parts until the actor has taken the part before.</summary>
    internal virtual Task ReplayInPartsAsync(IActorContext context, ReplayMessages request, long toSequenceNr,
        Action<IPersistentRepresentation> callback, Func<Task> partTaken) =>
        ReplayMessagesAsync(context, request.PersistenceId, request.FromSequenceNr, toSequenceNr, request.Max, callback);

    protected sealed override bool Receive(object message) => ReceiveWriteJournal(message) || ReceivePluginInternal(message);

    protected bool ReceiveWriteJournal(object message)
    {
        switch (message)
        {
            case WriteMessages write:
                _ = WriteAsync(write, _resequencer.TakeTurn(), Self);
                return true;
            case ReplayMessages replay:
                _ = ReplayAsync(replay);
                return true;
            case DeleteMessagesTo delete:
                _ = DeleteAsync(delete, Self);
                return true;
            default:
                return false;
        }
    }

    // Awaits keep the context: there is none in parallel mode, and in deterministic mode it brings a plugin's late answer back
    // to the scheduler.
    private async Task WriteAsync(WriteMessages request, long turn, IActorRef self)
    {
        var writes = request.Messages.OfType<AtomicWrite>().ToList();
        IImmutableList<Exception>? rejections = null;
        Exception? failure = null;
        try
        {
            if (writes.Count > 0) rejections = await WriteMessagesAsync(writes);
            if (rejections is not null && rejections.Count != writes.Count)
                throw new IllegalStateException(
                    $"WriteMessagesAsync returned {rejections.Count} results, expected one for each of {writes.Count} writes.");
        }
        catch (Exception cause)
        {
            failure = Unwrap(cause);
        }

        _resequencer.Answer(turn, () => Answer(request, writes.Count, rejections, failure, self));
    }

    private static void Answer(WriteMessages request, int count, IImmutableList<Exception>? rejections, Exception? failure, IActorRef self)
    {
        var (to, instance) = (request.PersistentActor, request.ActorInstanceId);
        to.Tell(failure is null ? WriteMessagesSuccessful.Instance : new WriteMessagesFailed(failure, count), self);
        var index = 0;
        foreach (var envelope in request.Messages)
        {
            if (envelope is not AtomicWrite write)
            {
                to.Tell(new LoopMessageSuccess(envelope.Payload, instance), envelope.Sender);
                continue;
            }

            var rejection = rejections?[index++];
            foreach (var persistent in write.Events)
                to.Tell(failure is not null ? new WriteMessageFailure(persistent, failure, instance)
                    : rejection is not null ? new WriteMessageRejected(persistent, rejection, instance)
                    : new WriteMessageSuccess(persistent, instance), persistent.Sender);
        }
    }

    private async Task ReplayAsync(ReplayMessages request)
    {
        var to = request.PersistentActor;
        var filter = new ReplayFilter(_filter, _log, persistent => to.Tell(new ReplayedMessage(persistent), ActorRefs.NoSender));
        try
        {
            var highest = await HighestAsync(request, filter);
            filter.Flush();
            to.Tell(new RecoverySuccess(highest), ActorRefs.NoSender);
        }
        catch (Exception cause)
        {
            filter.Flush();
            to.Tell(new ReplayMessagesFailure(Unwrap(cause)), ActorRefs.NoSender);
        }
    }

    /// <summary>Replays what is asked for and returns the highest sequence number.</summary>
    private async Task<long> HighestAsync(ReplayMessages request, ReplayFilter filter)
    {
        var from = Math.Max(0, request.FromSequenceNr - 1);
        // What comes after the wait is in nobody's turn.
        var context = Context;
        var highest = await ReadHighestSequenceNrAsync(request.PersistenceId, from);
        var last = Math.Min(request.ToSequenceNr, highest);
        if (last <= 0 || request.FromSequenceNr > last) return highest;

        Action<IPersistentRepresentation> callback = persistent =>
        {
            if (!persistent.IsDeleted) filter.Add(persistent);
        };
        await ReplayInPartsAsync(context, request, last, callback, () => PartTaken(request.PersistentActor));
        return highest;
    }

    private Task PartTaken(IActorRef actor)
    {
        // There the whole replay is one turn of the journal: nobody could take anything before it ends.
        if (_deterministic) return Task.CompletedTask;
        var mark = new ReplayMark();
        actor.Tell(mark, ActorRefs.NoSender);
        return mark.Reached;
    }

    private async Task DeleteAsync(DeleteMessagesTo request, IActorRef self)
    {
        try
        {
            await DeleteMessagesToAsync(request.PersistenceId, request.ToSequenceNr);
            request.PersistentActor.Tell(new DeleteMessagesSuccess(request.ToSequenceNr), self);
        }
        catch (Exception cause)
        {
            request.PersistentActor.Tell(new DeleteMessagesFailure(Unwrap(cause), request.ToSequenceNr), self);
        }
    }

    private static Exception Unwrap(Exception cause) =>
        cause is AggregateException { InnerExceptions: [var single] } ? single : cause;
}
