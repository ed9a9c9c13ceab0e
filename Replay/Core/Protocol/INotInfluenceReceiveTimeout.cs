namespace Akka.Actor;

/// <summary>A message that does not reset the receive time-out.</summary>
public interface INotInfluenceReceiveTimeout { }
