using Iommu.Messages;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>Makes calls until it is told to pause; of one that is answered EIO then, nobody knows what it has done.</summary>
internal sealed class KilledCaller(RandomCaller inner) : ICrashCaller
{
    private bool _paused;

    public RandomCaller Inner => inner;

    public bool IsIdle { get; private set; }

    /// <summary>Calls that were answered EIO when an actor was thrown down.</summary>
    public long Unknown { get; private set; }

    public void Pause() => _paused = true;

    public void Resume() => _paused = IsIdle = false;

    public Call? Next()
    {
        IsIdle = _paused;
        return _paused ? null : inner.Next();
    }

    public void Answered(Call call, Answer answer)
    {
        if (!_paused || answer.Errno != Errno.EIO) inner.Answered(call, answer);
        else
        {
            Unknown++;
            inner.Calls.Add("  ->  EIO, and its context is brought back");
        }
    }

    public void Failed(Call call, Exception cause) => inner.Failed(call, cause);
}
