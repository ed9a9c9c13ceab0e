namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>The scenarios that <c>--scenario all</c> searches.</summary>
internal static class ScenarioCatalogue
{
    public static readonly IReadOnlyList<Scenario> All =
    [
        new UnbindVdevice(),
        new UnbindAttach(),
        new DestroyParent(),
        new MmapDestroy(),
        new VdeviceInvalidate(),
        new AutoDomains(),
        new UnmapAccess(),
        new TwoContexts(),
        new CopyUnmap(),
        new UnmapCopy(),
        new ReplaceAccess(),
        new VfioUnmap(),
        new ReadEvents(),
        new AllocMunmap(),
        new ReplaceFaults(),
        new GuestInvalidate(),
        new InvalidateAttach(),
        new UnmapNested(),
        new TwoGuests(),
        new QueueReuse(),
        new CrashCreate(),
        new CrashUnmap(),
        .. RestartCalls.All,
        new RestartPause(),
        .. FailingCreate.All,
    ];

    /// <summary>Null when there is none of that name.</summary>
    public static Scenario? Find(string name) => All.FirstOrDefault(scenario => scenario.Name == name);
}
