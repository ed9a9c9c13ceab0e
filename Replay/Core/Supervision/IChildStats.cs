namespace Akka.Actor.Internal;

/// <summary>What a parent keeps of a child.</summary>
public interface IChildStats { }
