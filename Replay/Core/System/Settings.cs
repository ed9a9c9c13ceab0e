using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>The configuration of a system, read.</summary>
public class Settings
{
    public Settings(ActorSystem system, Config config)
    {
        System = system;
        Config = config;
        LogLevel = config.GetString("akka.loglevel", "INFO");
        StdoutLogLevel = config.GetString("akka.stdout-loglevel", "WARNING");
        Loggers = config.HasPath("akka.loggers") ? config.GetStringList("akka.loggers") : ["Akka.Event.DefaultLogger, Akka"];
        AskTimeout = config.GetTimeSpan("akka.actor.ask-timeout", Timeout.InfiniteTimeSpan, allowInfinite: true);
        LogDeadLetters = ReadLogDeadLetters(config);
        LogDeadLettersDuringShutdown = config.GetBoolean("akka.log-dead-letters-during-shutdown", true);
        CoordinatedShutdownTerminateActorSystem = config.GetBoolean("akka.coordinated-shutdown.terminate-actor-system", true);
        CoordinatedShutdownRunByActorSystemTerminate =
            config.GetBoolean("akka.coordinated-shutdown.run-by-actor-system-terminate", true);
        StdoutLogger = new StandardOutLogger();
    }

    public ActorSystem System { get; }

    public Config Config { get; private set; }

    public string LogLevel { get; }

    public string StdoutLogLevel { get; }

    public IList<string> Loggers { get; }

    public MinimalLogger StdoutLogger { get; }

    public TimeSpan AskTimeout { get; }

    /// <summary>How many dead letters are logged.</summary>
    public int LogDeadLetters { get; }

    public bool LogDeadLettersDuringShutdown { get; }

    public bool CoordinatedShutdownTerminateActorSystem { get; }

    public bool CoordinatedShutdownRunByActorSystemTerminate { get; }

    /// <summary>Adds defaults below what is configured.</summary>
    public void InjectTopLevelFallback(Config config) => Config = Config.WithFallback(config);

    private static int ReadLogDeadLetters(Config config) => config.GetString("akka.log-dead-letters", "on").ToLowerInvariant() switch
    {
        "on" or "true" => int.MaxValue,
        "off" or "false" => 0,
        var count => int.Parse(count),
    };
}
