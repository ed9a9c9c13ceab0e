namespace Akka.Event;

/// <summary>How much an event of the log matters.</summary>
public enum LogLevel
{
    DebugLevel,
    InfoLevel,
    WarningLevel,
    ErrorLevel,
}
