namespace Akka.Actor;

/// <summary>A behaviour that says itself what it does not handle.</summary>
public delegate void UntypedReceive(object message);
