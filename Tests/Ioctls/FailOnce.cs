using Iommu.Actors.Core;

namespace Iommu.Tests.Ioctls;

/// <summary>Fails the next step of a name, once.</summary>
internal sealed class FailOnce : IFailureInjection
{
    private string? _step;

    public string Step { set => Volatile.Write(ref _step, value); }

    public bool ShouldFail(string step) =>
        Volatile.Read(ref _step) == step && Interlocked.CompareExchange(ref _step, null, _step) == step;
}
