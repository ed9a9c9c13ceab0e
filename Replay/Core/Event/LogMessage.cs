namespace Akka.Event;

/// <summary>A log message with arguments, formatted when it is read.</summary>
public abstract class LogMessage
{
    protected readonly ILogMessageFormatter Formatter;

    private protected LogMessage(ILogMessageFormatter formatter, string format)
    {
        Formatter = formatter;
        Format = format;
    }

    public string Format { get; private set; }

    public abstract IEnumerable<object> Parameters();
}
