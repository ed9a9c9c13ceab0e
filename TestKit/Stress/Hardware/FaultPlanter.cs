using Iommu.Hardware.Faults;
using Iommu.Hardware.Queues;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>
/// Plants a run's fault in the queues of a host: those commands that an architecture has in common with all others are told apart by its
/// <see cref="CommandSet"/>. Each queue counts its own invalidations.
/// </summary>
/// <param name="fault">What goes wrong; null for nothing.</param>
/// <param name="set">What the commands are.</param>
public sealed class FaultPlanter(PlantedFault? fault, CommandSet set)
{
    private const int BatchesLate = 64;

    private readonly List<CommandFault> _mistreating = [];

    /// <summary>A device that does not answer, for the host's queue to ask; null when that is not the fault.</summary>
    public AtcTimeout? Atc { get; } = fault?.Kind == FaultKind.AtcTimeout ? new AtcTimeout(VictimsOf(fault)) : null;

    /// <summary>What a violation may say of the fault: the one command that it was done to. Nothing when it is done to many.</summary>
    public IReadOnlyList<string> Details => fault is { Every: 0 } && Victim is { } victim ? [$"the planted fault hit {victim}"] : [];

    private string? Victim => Atc?.Victim
        ?? _mistreating.Where(one => !one.Victim.IsEmpty).Select(one => set.Describe(one.Victim.Span)).FirstOrDefault();

    /// <summary>The host's queue, with the fault in it.</summary>
    public ICommandQueue InHost(ICommandQueue queue) => Plant(queue, isGuests: false);

    /// <summary>A guest's half of a queue of its own, with the fault in it.</summary>
    public ICommandQueue InGuest(ICommandQueue ring) => Plant(ring, isGuests: true);

    private static Victims VictimsOf(PlantedFault fault) => new(fault.AtInvalidation - 1, fault.Every);

    private ICommandQueue Plant(ICommandQueue queue, bool isGuests)
    {
        if (fault is null) return queue;
        var victims = VictimsOf(fault);
        return fault.Kind switch
        {
            FaultKind.DropInvalidation => Note(new DroppedCommandQueue(queue, set, victims, isGuests)),
            FaultKind.EarlySync => Note(new EarlySyncQueue(queue, set, victims, BatchesLate, isGuests)),
            FaultKind.DelayInvalidation => new DelayedCommandQueue(queue, set, victims),
            FaultKind.DuplicateInvalidation => new DuplicatedCommandQueue(queue, set, victims),
            _ => queue,
        };
    }

    // Guests are set up one after the other, before anything goes wrong.
    private CommandFault Note(CommandFault mistreating)
    {
        _mistreating.Add(mistreating);
        return mistreating;
    }
}
