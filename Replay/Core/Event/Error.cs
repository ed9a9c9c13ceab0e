namespace Akka.Event;

/// <summary>Wrong.</summary>
public class Error : LogEvent
{
    public Error(Exception? cause, string logSource, Type logClass, object message) => Set(cause, logSource, logClass, message);

    public override LogLevel LogLevel() => Event.LogLevel.ErrorLevel;
}
