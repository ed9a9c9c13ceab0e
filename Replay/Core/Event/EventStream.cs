using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Configuration;

namespace Akka.Event;

/// <summary>The system's event bus: log events, dead letters, unhandled messages, and what users publish.</summary>
public class EventStream : LoggingBus
{
    public EventStream(bool debug) => Debug = debug;

    private bool Debug { get; }

    public override bool Subscribe(IActorRef subscriber, Type channel)
    {
        var changed = base.Subscribe(subscriber, channel);
        if (Debug) Publish(new Debug(nameof(EventStream), GetType(), $"subscribing {subscriber} to channel {channel}"));
        return changed;
    }

    internal void Start(ActorSystemImpl system)
    {
        if (system.Settings.LogDeadLetters > 0) base.Subscribe(new DeadLetterListener(system), typeof(AllDeadLetters));
    }

    internal void StartLoggers(ActorSystemImpl system)
    {
        var level = Logging.LogLevelFor(system.Settings.LogLevel);
        if (level == Logging.OffLogLevel) return;
        var number = 0;
        foreach (var name in system.Settings.Loggers)
        {
            var type = FindType(name) ?? throw new ConfigurationException($"Logger specified in config cannot be found: \"{name}\"");
            number++;
            AddLogger(typeof(MinimalLogger).IsAssignableFrom(type) || type == typeof(DefaultLogger)
                ? system.Settings.StdoutLogger
                : StartLogger(system, type, number), level);
        }
    }

    private IActorRef StartLogger(ActorSystemImpl system, Type type, int number)
    {
        var logger = system.SystemActorOf(Props.Create(type), $"log{number}-{type.Name}");
        logger.Tell(new InitializeLogger(this), null);
        return logger;
    }

    // Configuration names the assembly of Akka.NET's own build.
    private static Type? FindType(string name) =>
        Type.GetType(name, throwOnError: false) ?? AppDomain.CurrentDomain.GetAssemblies()
            .Select(a => a.GetType(name.Split(',')[0].Trim(), throwOnError: false)).FirstOrDefault(t => t is not null);
}
