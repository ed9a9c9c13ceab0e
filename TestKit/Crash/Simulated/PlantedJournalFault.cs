using Iommu.Persistence.Events;
using Iommu.Persistence.Serialization;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>A fault that simulated crashes must find.</summary>
/// <param name="Name">Of <c>--fault</c>.</param>
/// <param name="Summary">What is wrong, in one line.</param>
/// <param name="Scenario">Which of the standard scenarios shows it.</param>
/// <param name="Faults">What the journal does.</param>
internal sealed record PlantedJournalFault(string Name, string Summary, string Scenario, StoreFaults Faults)
{
    public static readonly IReadOnlyList<PlantedJournalFault> All =
    [
        new("reply-early", "a call is answered before its event is durable", "ioas-alloc", new StoreFaults { ConfirmsEarly = true }),
        new("forget-event", "an abort does not journal that what it had made is gone", "attach-replace",
            new StoreFaults { Forgets = happened => happened is ObjectDestroyed }),
        new("drop-edge", "a snapshot does not have what the first device is attached to", "snapshot", new StoreFaults
        {
            Spoils = state => new EventList([.. ((EventList)state).Events.Where(it => it is not DeviceAttached { Device.Value: 1 })]),
        }),
    ];

    public static readonly string Names = string.Join(", ", All.Select(fault => fault.Name));

    /// <summary>Null when there is none of that name.</summary>
    public static PlantedJournalFault? Find(string name) => All.FirstOrDefault(fault => fault.Name == name);
}
