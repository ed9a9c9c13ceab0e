namespace Iommu.Replay;

/// <summary>Brings continuations of code outside actors back to the deterministic scheduler.</summary>
internal sealed class PumpContext(DeterministicRuntime runtime) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) =>
        runtime.Post(() => runtime.Add(new ActionTurn("continuation", () => d(state))));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;
}
