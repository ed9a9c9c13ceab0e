using Akka.Actor;

namespace Akka.Event;

/// <summary>Makes logging adapters and knows the levels.</summary>
public static class Logging
{
    internal const LogLevel OffLogLevel = (LogLevel)int.MaxValue;

    internal static readonly LogLevel[] AllLogLevels = Enum.GetValues<LogLevel>();

    public static ILoggingAdapter GetLogger(this IActorContext context, ILogMessageFormatter? logMessageFormatter = null)
    {
        var cell = (ActorCell)context;
        return new BusLogging(
            cell.System.EventStream, SourceName(cell.Self), cell.Props.Type, logMessageFormatter ?? DefaultLogMessageFormatter.Instance);
    }

    public static ILoggingAdapter GetLogger(ActorSystem system, object logSourceObj, ILogMessageFormatter? logMessageFormatter = null) =>
        GetLogger(system.EventStream, logSourceObj, logMessageFormatter);

    public static ILoggingAdapter GetLogger(LoggingBus loggingBus, object logSourceObj, ILogMessageFormatter? logMessageFormatter = null) =>
        new BusLogging(
            loggingBus, SourceName(logSourceObj), SourceType(logSourceObj), logMessageFormatter ?? DefaultLogMessageFormatter.Instance);

    public static Type ClassFor(this LogLevel logLevel) => logLevel switch
    {
        LogLevel.DebugLevel => typeof(Debug),
        LogLevel.InfoLevel => typeof(Info),
        LogLevel.WarningLevel => typeof(Warning),
        LogLevel.ErrorLevel => typeof(Error),
        _ => throw new ArgumentException($"Unknown LogLevel {logLevel}", nameof(logLevel)),
    };

    public static string StringFor(this LogLevel logLevel) => logLevel switch
    {
        LogLevel.DebugLevel => "DEBUG",
        LogLevel.InfoLevel => "INFO",
        LogLevel.WarningLevel => "WARNING",
        LogLevel.ErrorLevel => "ERROR",
        _ => "OFF",
    };

    public static LogLevel LogLevelFor(string logLevel) => logLevel.ToUpperInvariant() switch
    {
        "DEBUG" => LogLevel.DebugLevel,
        "INFO" => LogLevel.InfoLevel,
        "WARNING" => LogLevel.WarningLevel,
        "ERROR" => LogLevel.ErrorLevel,
        "OFF" => OffLogLevel,
        _ => throw new ArgumentException(
            $"Unknown LogLevel: '{logLevel}'. It must be DEBUG, INFO, WARNING, ERROR or OFF.", nameof(logLevel)),
    };

    public static string SimpleName(object o) => SimpleName(o.GetType());

    public static string SimpleName(Type t) => t.Name.Split('`')[0];

    private static string SourceName(object source) => source switch
    {
        string text => text,
        Type type => SimpleName(type),
        IActorRef reference => reference.Path.ToString(),
        _ => SimpleName(source),
    };

    private static Type SourceType(object source) => source switch
    {
        string => typeof(DummyClassForStringSources),
        Type type => type,
        _ => source.GetType(),
    };
}
