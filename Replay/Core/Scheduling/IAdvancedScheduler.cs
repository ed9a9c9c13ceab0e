namespace Akka.Actor;

/// <summary>The scheduler's less usual side.</summary>
public interface IAdvancedScheduler : IActionScheduler { }
