using Iommu.Actors.Core;
using Iommu.Actors.Core.Ioas;
using Iommu.Actors.Hardware;
using Iommu.Actors.Simulator;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processes;

namespace Iommu.Actors.Contexts;

/// <summary>What a context is opened with; see <see cref="ObjectEnvironment"/>.</summary>
internal sealed record ContextSettings(
    string Name,
    ObjectTable Table,
    Machine Machine,
    UserProcess Process,
    QueueDirectory Queues,
    DeviceOwners Owners,
    IFailureInjection Failures,
    bool AllowUnsafeInterrupts,
    DeviceNode Node)
{
    /// <summary>Where those who have opened it find its incarnation.</summary>
    public IncarnationLink Link { get; } = new();

    /// <summary>What this incarnation comes to have.</summary>
    public Belongings Belongings { get; init; } = Belongings.None();

    /// <summary>What incarnations that failed have left, the oldest first.</summary>
    public IReadOnlyList<Belongings> Left { get; init; } = [];

    /// <summary>For the next incarnation, after this one has failed.</summary>
    public ContextSettings Next() =>
        this with { Table = new ObjectTable(), Belongings = Belongings.None(), Left = [.. Left, Belongings] };
}

/// <summary>The incarnation of a context that serves, or was the last to. Written by its supervisor, read by any thread.</summary>
internal sealed class IncarnationLink
{
    private ContextReady? _now;

    public ContextReady Now { get => Volatile.Read(ref _now)!; set => Volatile.Write(ref _now, value); }
}

/// <summary>What an incarnation of a context has beside its objects, and its next one gives back when it fails.</summary>
internal sealed record Belongings(HardwareHoldings Hardware, ContextPages Pages)
{
    public static Belongings None() => new(new HardwareHoldings(), new ContextPages());
}
