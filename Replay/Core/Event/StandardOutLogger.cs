namespace Akka.Event;

/// <summary>Writes the log to standard output.</summary>
public class StandardOutLogger : MinimalLogger
{
    protected override void Log(object message) => Console.WriteLine(message);
}
