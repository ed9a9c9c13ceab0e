using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.Hardware.Tegra241.Driver;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Guests;

namespace Iommu.Tests.Hardware.Tegra241;

/// <summary>I10: nothing that one owner of a VINTF or a VCMDQ programmed is seen by the next.</summary>
public class OwnerResetTests
{
    [Fact]
    public void I10_a_VCMDQ_that_is_given_to_a_new_owner_has_nothing_of_the_last()
    {
        Assert.Empty(TracesAfterReassignment(new CmdqvRig(decorate: inner => new LastMomentWriter(inner, resets: true))));
    }

    [Fact]
    public void B64_a_VCMDQ_that_is_not_reset_when_it_is_given_to_a_guest_is_found_by_I10()
    {
        var traces = TracesAfterReassignment(new CmdqvRig(decorate: inner => new LastMomentWriter(inner, resets: false)));
        Assert.NotEmpty(traces);
        Assert.All(traces, trace => Assert.Equal("I10", trace.Invariant));
        Assert.Contains(traces, trace => trace.What.Contains("PROD = 0x5"));
    }

    [Fact]
    public void I10_a_guest_that_stopped_on_an_error_leaves_no_error_to_the_next()
    {
        var rig = new CmdqvRig();
        var (viommu, guest, queue, driver) = rig.Enabled();
        guest.Produce(VcmdqTests.Words(Command.CfgiCd(8), 1));
        Assert.Equal(QueueStep.Stopped, CmdqvRig.Drain(queue));
        rig.Run(driver.Free());
        rig.Run(viommu.Free());
        var (_, next, nextQueue, _) = rig.Enabled();
        Assert.Same(queue, nextQueue);
        Assert.Equal((0u, 0, 0u), (next.Consumer, next.Error, rig.Cmdqv.Read(RegisterMap.VintfErrorMap)));
        next.Produce(VcmdqTests.Words(Command.NhAsid(0, 1), 1));
        Assert.Equal(QueueStep.Idle, CmdqvRig.Drain(queue));
        Assert.Equal(1u, next.Consumer);
    }

    [Fact]
    public void I10_a_time_out_of_the_last_owners_ATC_INV_is_not_reported_to_the_next()
    {
        var rig = new CmdqvRig();
        rig.Cmdqv.AtcTimesOut = sid => sid == rig.Machine.Devices[0].StreamId;
        var (viommu, guest, queue, driver) = rig.Enabled();
        viommu.AddVdevice(rig.Machine.Devices[0], 0x10);
        var timesOut = VcmdqTests.Words(Command.AtcInv(0x10, 0, Command.AtcSizeAll), 1);
        guest.Produce(timesOut);
        guest.Produce(VcmdqTests.Words(VcmdqRing.Sync, 1));
        Assert.Equal((QueueStep.Stopped, (int)CommandError.AtcTimeout), (CmdqvRig.Drain(queue), guest.Error));
        guest.Replace(VcmdqRing.Sync);
        guest.Produce(timesOut);
        CmdqvRig.Drain(queue);

        // Nobody has synchronized since: only the CMD_SYNC of the destroy can take it away.
        rig.Run(driver.Free());
        viommu.RemoveVdevice(0x10);
        rig.Run(viommu.Free());
        var (_, next, nextQueue, _) = rig.Enabled();
        Assert.Same(queue, nextQueue);
        next.Produce(VcmdqTests.Words(VcmdqRing.Sync, 1));
        Assert.Equal((QueueStep.Idle, 0), (CmdqvRig.Drain(queue), next.Error));
    }

    [Fact]
    public void I10_the_slots_of_a_VINTF_are_empty_for_its_next_owner()
    {
        var rig = new CmdqvRig();
        var viommu = rig.Viommu();
        for (var i = 0; i < 4; i++) viommu.AddVdevice(rig.Machine.Devices[i], (ulong)i + 1);
        rig.Run(viommu.Free());
        var next = rig.Viommu();
        Assert.Equal(viommu.Vintf, next.Vintf);
        var registers = RegisterMap.VintfRegisters + (ulong)next.Vintf * RegisterMap.VintfBytes;
        for (var slot = 0UL; slot < 4; slot++)
            foreach (var register in new[] { RegisterMap.SidMatch, RegisterMap.SidReplace })
                Assert.Equal(0u, rig.Cmdqv.Read(registers + register + 4 * slot));
    }

    [Fact]
    public void I10_a_guest_whose_queue_was_taken_away_reaches_it_no_more()
    {
        var rig = new CmdqvRig();
        var (_, guest, queue, driver) = rig.Enabled();
        rig.Run(driver.Free());
        guest.Enable();
        guest.Produce(VcmdqTests.Words(Command.NhAsid(0, 1), 1));
        Assert.Equal((0u, 0u, 0u, QueueStep.Idle), (guest.Config, guest.Producer, guest.Status, queue.Step()));
    }

    private static IReadOnlyList<Iommu.TestKit.Stress.Violation> TracesAfterReassignment(CmdqvRig rig)
    {
        var (viommu, _, queue, driver) = rig.Enabled();
        rig.Run(driver.Free());
        rig.Run(viommu.Free());
        var next = rig.Viommu();
        var ring = rig.Ring();
        Assert.False(rig.Init(next, 0, ring).Failed);
        Assert.Same(queue, rig.Cmdqv.Vintfs[next.Vintf].Logical(0));
        var findings = new Findings();
        QueueOwnerChecker.Check("guest", rig.Guest(next, ring).LeftOver, findings);
        return findings.All;
    }

    /// <summary>
    /// A guest that writes to its page at the last moment, between the reset of its queue and its being taken away; and, where it is
    /// asked for, the driver of B64, which does not reset a queue that it gives to a guest.
    /// </summary>
    private sealed class LastMomentWriter(IMmio inner, bool resets) : IMmio
    {
        private bool _initializing;

        public uint Read(ulong offset) => inner.Read(offset);

        public void Write(ulong offset, uint value)
        {
            var isAlloc = offset is >= RegisterMap.VcmdqAlloc and < RegisterMap.VintfRegisters;
            var isAllocated = isAlloc && (value & RegisterMap.Allocated) != 0;
            var wasAllocated = isAlloc && (inner.Read(offset) & RegisterMap.Allocated) != 0;
            if (wasAllocated && !isAllocated) WriteAsGuest(value);
            if (isAlloc) _initializing = isAllocated && !wasAllocated;
            var isReset = offset >= RegisterMap.VintfPages && value == 0;
            if (resets || !_initializing || !isReset) inner.Write(offset, value);
        }

        private void WriteAsGuest(uint alloc)
        {
            var page0 = RegisterMap.LogicalPage0((int)((alloc & RegisterMap.AllocVintfMask) >> RegisterMap.AllocVintfShift));
            inner.Write(page0 + RegisterMap.Producer, 5);
            inner.Write(page0 + RegisterMap.Consumer, 3);
            inner.Write(page0 + RegisterMap.Gerrorn, 1);
        }
    }
}
