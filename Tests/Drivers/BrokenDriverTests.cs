using Iommu.Hardware.Queues;
using Iommu.TestKit.Drivers;
using RiscvIommu;
using RiscvIommu.Driver;
using RiscvStress;

namespace Iommu.Tests.Drivers;

/// <summary>The rules can be broken: a driver with one thing wrong is found, and by the rule that is about it.</summary>
public class BrokenDriverTests
{
    [Theory]
    [InlineData(Opcode.IotinvalVma, "What_is_mapped_is_found_and_reached_and_nothing_else", "unmapped and flushed")]
    [InlineData(Opcode.IotinvalVma, "A_domain_that_changed_while_a_device_was_away_is_found_changed", "nobody was attached")]
    [InlineData(Opcode.IotinvalVma, "A_new_domain_has_nothing_of_one_that_was_freed", "a fresh domain (round 1) maps nothing")]
    [InlineData(Opcode.IotinvalVma, "A_guest_reaches_what_both_stages_map_and_nothing_else", "invalidated by Page")]
    [InlineData(Opcode.IotinvalGvma, "A_guest_reaches_what_both_stages_map_and_nothing_else", "the host has unmapped the guest's memory")]
    [InlineData(Opcode.IotinvalGvma, "Pages_of_another_size_may_follow_in_the_same_place", "unmapped in round 0")]
    [InlineData(Opcode.IodirInvalDdt, "Attach_replace_and_detach_leave_no_translation_behind", "moved between")]
    public void Hardware_that_loses_its_invalidations_is_found(Opcode lost, string rule, string why) =>
        AssertBroken(rule, why, Machine(queue => new LosingQueue(queue, lost)), null);

    [Fact]
    public void A_driver_that_does_not_wait_for_the_core_is_found() =>
        AssertBroken("A_plan_that_is_not_run_changes_nothing", "the plan was not run", Machine(), (driver, known) =>
            new BrokenDriver.Eager(driver) { Known = known });

    [Fact]
    public void A_driver_that_knows_every_type_is_found() =>
        AssertBroken("hw_info_tells_its_own_type_and_no_other", "unknown type", Machine(), (driver, known) =>
            new BrokenDriver.Obliging(driver) { Known = known });

    [Theory]
    [InlineData("Ids_that_run_out_are_ENOSPC_and_come_back", "answered EINVAL, and not ENOSPC")]
    [InlineData("A_step_without_memory_is_ENOMEM_and_leaves_nothing", "without memory was answered EINVAL")]
    public void A_driver_with_the_wrong_errno_is_found(string rule, string why) =>
        AssertBroken(rule, why, Machine(), (driver, known) => new BrokenDriver.Terse(driver) { Known = known });

    [Fact]
    public void A_driver_that_takes_any_domain_is_found() =>
        AssertBroken("A_domain_of_another_driver_is_EINVAL", "and not EINVAL", Machine(), (driver, known) =>
            new BrokenDriver.Trusting(driver) { Known = known });

    private static RiscvMachine Machine(Func<ICommandQueue, ICommandQueue>? decorate = null) => RiscvMachine.Create(new RiscvMachineOptions
    {
        GscidLast = 20, DecorateQueue = (_, queue) => decorate?.Invoke(queue) ?? queue,
    });

    private static void AssertBroken(
        string rule, string why, RiscvMachine machine, Func<RiscvDriver, Func<Iommu.Hardware.Drivers.PhysicalDevice,
            Iommu.Hardware.Drivers.PhysicalDevice>, BrokenDriver>? breaking)
    {
        var known = machine.Devices.ToDictionary(device => device.StreamId);
        var broken = breaking?.Invoke(machine.Driver, device => known[device.StreamId]);
        var devices = broken is null ? machine.Devices : [.. machine.Devices.Select(device => device with { Iommu = broken })];
        var rig = new MachineRig(devices, machine.Memory, machine.Frames, device =>
        {
            var port = machine.OpenPort(device);
            return (iova, access) => port.Translate(iova, access) is { Succeeded: true } result ? result.Address : null;
        })
        {
            GuestIommu = new RiscvGuestIommu(), Limit = flags => flags == 0 ? null : 20,
        };

        var found = Assert.Throws<ConformanceException>(() => { DriverConformance.Rules.Single(known => known.Name == rule).Check(rig); });
        Assert.Contains(why, found.Message);
    }

    private sealed class LosingQueue(ICommandQueue inner, Opcode lost) : ICommandQueue
    {
        public string Name => inner.Name;

        public int WordsPerCommand => inner.WordsPerCommand;

        public ulong ConsumedTotal => inner.ConsumedTotal;

        public int Produce(ReadOnlySpan<ulong> words)
        {
            var changed = words.ToArray();
            for (var i = 0; i < changed.Length; i += 2)
                if (new Command(changed[i], changed[i + 1]).Opcode == lost) (changed[i], changed[i + 1]) = (Command.Fence().Word0, 0);
            return inner.Produce(changed);
        }

        public QueueStep Step() => inner.Step();
    }
}
