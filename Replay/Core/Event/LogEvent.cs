using Akka.Actor;

namespace Akka.Event;

/// <summary>One event of the log.</summary>
public abstract class LogEvent : INoSerializationVerificationNeeded
{
    protected LogEvent()
    {
        Timestamp = ActorCell.Current?.SystemImpl.Runtime.UtcNow ?? DateTime.UtcNow;
        Thread = Thread.CurrentThread;
    }

    public Exception Cause { get; protected set; } = null!;

    public DateTime Timestamp { get; }

    public Thread Thread { get; }

    public string LogSource { get; protected set; } = "";

    public Type LogClass { get; protected set; } = typeof(object);

    public object Message { get; protected set; } = "";

    public abstract LogLevel LogLevel();

    public override string ToString() =>
        $"[{Logging.StringFor(LogLevel()).Replace("Level", "", StringComparison.Ordinal).ToUpperInvariant()}]"
        + $"[{Timestamp:MM/dd/yyyy HH:mm:ss.fffK}][Thread {Thread.ManagedThreadId:0000}][{LogSource}] {Message}"
        + (Cause is null ? "" : $"{Environment.NewLine}Cause: {Cause}");

    private protected void Set(Exception? cause, string logSource, Type logClass, object message)
    {
        Cause = cause!;
        LogSource = logSource;
        LogClass = logClass;
        Message = message;
    }
}
