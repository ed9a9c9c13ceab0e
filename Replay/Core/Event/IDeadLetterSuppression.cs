namespace Akka.Event;

/// <summary>A message that is not reported when it reaches nobody.</summary>
public interface IDeadLetterSuppression { }
