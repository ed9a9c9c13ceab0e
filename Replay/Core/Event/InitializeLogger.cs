using Akka.Actor;

namespace Akka.Event;

/// <summary>The first message of a logger that is an actor.</summary>
public class InitializeLogger : INoSerializationVerificationNeeded
{
    public InitializeLogger(LoggingBus loggingBus) => LoggingBus = loggingBus;

    public LoggingBus LoggingBus { get; }
}
