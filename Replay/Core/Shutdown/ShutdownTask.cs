namespace Akka.Actor.Internal;

/// <summary>A task of a shutdown phase.</summary>
internal sealed record ShutdownTask(string Name, Func<Task<Done>> Run);
