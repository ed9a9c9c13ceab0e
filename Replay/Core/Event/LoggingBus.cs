using Akka.Actor;

namespace Akka.Event;

/// <summary>An event bus by type, with subtypes, that also carries the log.</summary>
public abstract class LoggingBus : ActorEventBus<object, Type>
{
    private readonly object _lock = new();
    private volatile SubscriberTable _table = SubscriberTable.Empty;

    /// <summary>The least level that is logged.</summary>
    public LogLevel LogLevel { get; private set; } = Logging.OffLogLevel;

    public virtual void SetLogLevel(LogLevel logLevel)
    {
        foreach (var logger in _table.All().Where(IsLogger).Distinct().ToList())
        {
            foreach (var level in Logging.AllLogLevels)
            {
                if (level >= logLevel) Subscribe(logger, Logging.ClassFor(level));
                else Unsubscribe(logger, Logging.ClassFor(level));
            }
        }
        LogLevel = logLevel;
    }

    internal void AddLogger(IActorRef logger, LogLevel logLevel)
    {
        LogLevel = logLevel;
        foreach (var level in Logging.AllLogLevels.Where(l => l >= logLevel)) Subscribe(logger, Logging.ClassFor(level));
    }

    private protected override bool AddSubscriber(IActorRef subscriber, Type classifier)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        return Change(table => table.With(subscriber, classifier));
    }

    private protected override bool RemoveSubscriber(IActorRef subscriber, Type classifier) =>
        Change(table => table.Without(subscriber, classifier));

    private protected override bool RemoveSubscriber(IActorRef subscriber) => Change(table => table.Without(subscriber));

    private protected override void Deliver(object @event)
    {
        foreach (var subscriber in _table.For(@event.GetType()))
        {
            if (subscriber is LocalActorRef { IsTerminated: true }) RemoveSubscriber(subscriber);
            else subscriber.Tell(@event, null);
        }
    }

    private static bool IsLogger(IActorRef subscriber) =>
        subscriber is MinimalLogger || subscriber.Path.Name.StartsWith("log", StringComparison.Ordinal);

    private bool Change(Func<SubscriberTable, SubscriberTable> change)
    {
        lock (_lock)
        {
            var changed = change(_table);
            if (ReferenceEquals(changed, _table)) return false;
            _table = changed;
            return true;
        }
    }
}
