namespace Akka.Actor;

/// <summary>A message that a remote peer should not be trusted to send.</summary>
public interface IPossiblyHarmful { }
