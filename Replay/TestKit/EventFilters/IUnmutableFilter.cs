namespace Akka.TestKit;

/// <summary>A filter in force until it is lifted.</summary>
public interface IUnmutableFilter : IDisposable
{
    void Unmute();
}
