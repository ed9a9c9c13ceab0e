namespace Akka.TestKit.Internal;

/// <summary>The time a test lives in, and how it waits there.</summary>
internal abstract class TestClock
{
    /// <summary>Time since the system began.</summary>
    public abstract TimeSpan Now { get; }

    /// <summary>Says that something a test may wait for has changed.</summary>
    public abstract void Changed();

    /// <summary>Waits until the condition holds; false when the time is over before, or the token is cancelled.</summary>
    /// <param name="condition">Asked after each <see cref="Changed"/>.</param>
    /// <param name="timeout">How long; infinite for <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    public abstract ValueTask<bool> Until(Func<bool> condition, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Waits until the task is complete; false when the time is over before.</summary>
    public abstract ValueTask<bool> Until(Task task, TimeSpan timeout);

    /// <summary>Lets time go by.</summary>
    public abstract Task Pass(TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>Why the last wait could not end otherwise: who waits for whom. Empty where that is not known.</summary>
    public virtual string Blocked => "";
}
