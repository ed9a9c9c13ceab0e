using Akka.Actor;

namespace Akka.Pattern;

/// <summary>Something is not as it must be for the operation.</summary>
public class IllegalStateException : AkkaException
{
    public IllegalStateException(string message) : base(message)
    {
    }

    public IllegalStateException(string message, Exception innerEx) : base(message, innerEx)
    {
    }
}
