using Iommu.TestKit.Drivers;

namespace Iommu.Tests.Drivers;

/// <summary>Every driver of the product owes the core the same.</summary>
public class DriverConformanceTests
{
    private static readonly Dictionary<string, Func<DriverRig>> Drivers = new()
    {
        ["smmuv3"] = Rigs.Smmuv3,
        ["tegra241"] = Rigs.Tegra241,
        ["amd"] = Rigs.Amd,
        ["vtd"] = Rigs.Vtd,
        ["mock"] = Rigs.Mock,
    };

    private const string Dirty = "What_devices_write_is_dirty_until_it_is_cleared";
    private const string Events = "A_fault_of_the_guests_first_stage_is_its_event";

    /// <summary>What a driver does not have; the mock's tables are read by nobody and take no memory of the host's.</summary>
    private static readonly Dictionary<string, IEnumerable<string>> NotAsked = new()
    {
        ["smmuv3"] = [Dirty],
        ["tegra241"] = [Dirty],
        ["amd"] = [],
        ["vtd"] = [Events],
        ["mock"] = DriverConformance.Rules.Select(rule => rule.Name).Except(
        [
            "hw_info_tells_its_own_type_and_no_other", "Types_and_flags_that_are_unknown_are_EOPNOTSUPP",
            "A_domain_is_what_its_flags_say", "What_is_mapped_is_found_and_reached_and_nothing_else",
            "A_mapping_that_cannot_be_is_refused_and_leaves_the_others", "Pages_of_another_size_may_follow_in_the_same_place",
            "A_domain_of_another_driver_is_EINVAL", "An_attach_without_memory_leaves_the_device_where_it_was",
        ]),
    };

    public static TheoryData<string, string> Everything
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var driver in Drivers.Keys)
                foreach (var rule in DriverConformance.Rules) data.Add(driver, rule.Name);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void It_holds(string driver, string rule)
    {
        var known = DriverConformance.Rules.Single(known => known.Name == rule);
        for (var seed = 1; seed <= 3; seed++)
            Assert.Equal(!NotAsked[driver].Contains(rule), known.Check(Drivers[driver](), seed));
    }
}
