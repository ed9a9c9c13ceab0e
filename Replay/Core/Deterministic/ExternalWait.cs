using Akka.Actor;

namespace Iommu.Replay;

/// <summary>A task under way that may end outside the scheduler; with the actor that started it, if one did.</summary>
internal sealed class ExternalWait(DeterministicRuntime runtime, ActorCell? owner, Task task, string what) : IDisposable
{
    public ActorCell? Owner => owner;

    public Task Task => task;

    public string What => what;

    public void Dispose() => runtime.EndExternal(this);
}
