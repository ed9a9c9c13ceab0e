using Iommu.Hardware;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Explore;
using Iommu.TestKit.UnderTest;
using RiscvIommu.Driver;
using RiscvStress;

namespace RiscvTests.Explore;

/// <summary>The driver in many orders of what may happen.</summary>
public class OrderTests
{
    [Fact]
    public void No_order_of_an_invalidation_and_a_walk_leaves_a_stale_translation() =>
        Interleavings.Hold(new RiscvHardware(), async machine =>
        {
            var guest = await machine.StartGuestAsync();
            guest.Unmap(0);
            await machine.TogetherAsync(
                caller => guest.InvalidateAsync(caller, 0),
                caller => caller.TranslateAsync(machine.Port(guest.Physical), GuestUnderTest.IovaOf(0), Access.Read));
            guest.ExpectUnmapped(0);
            machine.ExpectNoStaleHit();
        }, schedules: 200);

    [Fact]
    public void Whoever_is_first_a_vIOMMU_and_the_end_of_its_parent() =>
        Interleavings.Hold(new RiscvHardware(), async machine =>
        {
            var device = await machine.IdAsync(new DeviceBind(machine.Devices[0].Name));
            var ioas = await machine.IdAsync(new IoasAlloc());
            var parent = await machine.IdAsync(new HwptAlloc(device, ioas, HwptAllocFlags.NestParent));
            Answer made = null!, gone = null!;
            await machine.TogetherAsync(
                async caller => made = await caller.CallAsync(new ViommuAlloc(device, parent, RiscvTypes.Viommu)),
                async caller => gone = await caller.CallAsync(new Destroy(parent)));
            Assert.True(made.Errno != Errno.None || gone.Errno == Errno.EBUSY, $"{made}, and its parent: {gone}");
        }, schedules: 200, failures: 1);
}
