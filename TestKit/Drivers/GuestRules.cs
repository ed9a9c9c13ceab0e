using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Drivers;

/// <summary>Nested domains over their parent, with and without a vIOMMU.</summary>
internal static class GuestRules
{
    /// <summary>Through both stages; what either unmaps is gone once that is flushed.</summary>
    public static bool Nest(RuleContext context)
    {
        if (context.Rig.Guest is null) return false;
        var guest = new NestedGuest(context);
        var nested = guest.Attach();
        for (var page = 0; page < 16; page++)
            context.ExpectReach(guest.Device, NestedGuest.IovaOf(page), guest.PhysicalOf(page), "mapped by both stages", Access.Write);
        foreach (var way in Enum.GetValues<Way>()) UnmapByGuest(context, guest, nested, (int)way, way);
        UnmapByHost(context, guest, 9);
        guest.Free(nested);
        Plan.Run(guest.Parent.Free());
        context.ExpectReach(guest.Device, NestedGuest.IovaOf(0), null, "detached");
        return true;
    }

    /// <summary>Two vIOMMUs on one parent, whose guests choose ids alike and have other tables under them (L3).</summary>
    public static bool Isolate(RuleContext context)
    {
        if (context.Rig.Guest is null) return false;
        var first = new NestedGuest(context);
        var second = new NestedGuest(context, first);
        var (nested1, nested2) = (first.Attach(), second.Attach());
        second.Space.UnmapPage(0, 3);
        second.Space.RemapPage(0, 3);
        context.Expect(first.PhysicalOf(3) != second.PhysicalOf(3), "the guests have the same tables");
        for (var round = 0; round < 2; round++)
        {
            context.ExpectReach(first.Device, NestedGuest.IovaOf(3), first.PhysicalOf(3), "the first guest's tables");
            context.ExpectReach(second.Device, NestedGuest.IovaOf(3), second.PhysicalOf(3), "the second guest's tables");
        }
        UnmapByGuest(context, second, nested2, 3, Way.Space);
        context.ExpectReach(first.Device, NestedGuest.IovaOf(3), first.PhysicalOf(3), "the other guest unmapped and mapped");
        UnmapByHost(context, second, 3);
        second.Free(nested2);
        context.ExpectReach(first.Device, NestedGuest.IovaOf(3), first.PhysicalOf(3), "the other guest has gone");
        first.Free(nested1);
        Plan.Run(first.Parent.Free());
        return true;
    }

    /// <summary>What an array has before a refused entry is handled, an unknown type is no type, an empty array asks.</summary>
    public static bool Arrays(RuleContext context)
    {
        if (context.Rig.Guest is null) return false;
        var guest = new NestedGuest(context);
        var nested = guest.Attach();
        var array = guest.NewArray();
        guest.Iommu.AddPage(array, guest.Space, NestedGuest.IovaOf(1), withLevel: false);
        guest.Iommu.AddPage(array, guest.Space, NestedGuest.IovaOf(2), withLevel: false);
        var before = array.Count;
        context.ExpectReach(guest.Device, NestedGuest.IovaOf(1), guest.PhysicalOf(1), "mapped");
        guest.Space.UnmapPage(0, 1);
        guest.Iommu.AddRefused(array);
        guest.Iommu.AddPage(array, guest.Space, NestedGuest.IovaOf(3), withLevel: false);
        var prepared = guest.Invalidate(nested, array);
        context.Expect(prepared.Errno == guest.Iommu.RefusedErrno && prepared.Handled == before && prepared.Batch is not null,
            $"an array whose entry {before} is refused was answered {prepared.Errno}, {prepared.Handled} handled");
        Plan.Run(prepared.Batch!);
        context.ExpectReach(guest.Device, NestedGuest.IovaOf(1), null, "its invalidation came before the refused entry");
        var unknown = guest.Invalidate(nested, array, (InvalidateDataType)0x7FFF_FF42);
        context.Expect(unknown is { Errno: Errno.EINVAL or Errno.EOPNOTSUPP, Handled: 0, Batch: null },
            $"an array of an unknown type was answered {unknown.Errno}, {unknown.Handled} handled");
        guest.Space.RemapPage(0, 1);
        guest.Free(nested);
        return true;
    }

    /// <summary>User data that is no entry, of another type, or too short; and a parent that is none.</summary>
    public static bool Refuse(RuleContext context)
    {
        if (context.Rig.Guest is null) return false;
        var guest = new NestedGuest(context);
        var (bytes, illegal) = guest.Iommu.IllegalEntry;
        Refused(guest.AllocNested(new UserData(guest.Iommu.HwptDataType, bytes)).Errno, illegal, "an illegal entry");
        Refused(guest.AllocNested(guest.Entry with { Bytes = guest.Entry.Bytes[..3] }).Errno, Errno.EINVAL, "too short an entry");
        Refused(guest.AllocNested(guest.Entry with { Faults = true }).Errno, Errno.EFAULT, "an entry that cannot be read");
        Refused(guest.AllocNested(guest.Entry, HwptAllocFlags.NestParent).Errno, Errno.EOPNOTSUPP, "a nested domain that is a parent");
        var other = guest.AllocNested(guest.Entry with { Type = 0x7FFF_FF42 }).Errno;
        context.Expect(other is Errno.EINVAL or Errno.EOPNOTSUPP, $"an entry of an unknown type was answered {other}");
        if (guest.Viommu is not null && guest.Iommu.NestedNeedsVdevice)
        {
            var nested = context.Done(guest.AllocNested(guest.Entry), "a nested domain");
            Refused(context.Driver.Attach(guest.Device, null, nested).Errno, Errno.ENOENT, "attaching a device without a virtual one");
            Plan.Run(nested.Free());
        }
        return true;

        void Refused(Errno errno, Errno expected, string what) =>
            context.Expect(errno == expected, $"{what} was answered {errno}, and not {expected}");
    }

    /// <summary>Frames and regions for mmap().</summary>
    public static bool GiveBack(RuleContext context)
    {
        if (context.Rig.Guest is null) return false;
        // Tables that come with a device's first use stay.
        var warm = new NestedGuest(context);
        warm.Free(warm.Attach());
        Plan.Run(warm.Parent.Free());
        for (var round = 0; round < 3; round++)
        {
            var before = context.Rig.Frames.InUse;
            var guest = new NestedGuest(context);
            var nested = guest.Attach();
            context.ExpectReach(guest.Device, NestedGuest.IovaOf(0), guest.PhysicalOf(0), $"guest {round}");
            guest.Free(nested);
            context.Expect(guest.Services.Regions == 0, "a vIOMMU kept a region for mmap()");
            Plan.Run(guest.Parent.Free());
            var kept = context.Rig.Frames.InUse - before - guest.FramesOfProcess;
            context.Expect(kept == 0, $"a guest's domains and vIOMMU kept {kept} frames");
        }
        return true;
    }

    /// <summary>A fault of the guest's first stage is the guest's to hear of; one of the second stage is not.</summary>
    public static bool Faults(RuleContext context)
    {
        if (context.Rig.Guest is not { Viommu: not null } || context.Driver is not IInterruptSource interrupts) return false;
        var guest = new NestedGuest(context);
        var nested = guest.Attach();
        guest.Space.UnmapPage(0, 4);
        context.ExpectReach(guest.Device, NestedGuest.IovaOf(4), null, "unmapped by the guest, never cached");
        Plan.Run(interrupts.Service(new NoFaults()));
        context.Expect(guest.Services.Events is [{ Data.Length: > 0 }], $"one fault made {guest.Services.Events.Count} events");
        context.Unmap(guest.Parent, GuestLayout.RamStart, guest.Ram.LengthBytes);
        context.ExpectReach(guest.Device, NestedGuest.IovaOf(5), null, "unmapped by the host");
        Plan.Run(interrupts.Service(new NoFaults()));
        context.Expect(guest.Services.Events.Count == 1, "a guest was told of a fault of its host's");
        guest.Free(nested);
        return true;
    }

    private enum Way { Page, Pages, Space, All }

    private static void UnmapByGuest(RuleContext context, NestedGuest guest, INestedDomain nested, int page, Way way)
    {
        var array = guest.NewArray();
        var iova = NestedGuest.IovaOf(page);
        context.ExpectReach(guest.Device, iova, guest.PhysicalOf(page), "mapped");
        guest.Space.UnmapPage(0, page);
        switch (way)
        {
            case Way.Page: guest.Iommu.AddPage(array, guest.Space, iova, withLevel: true); break;
            case Way.Pages: guest.Iommu.AddPages(array, guest.Space, NestedGuest.IovaOf(0), 8); break;
            case Way.Space: guest.Iommu.AddSpace(array, guest.Space); break;
            case Way.All: guest.Iommu.AddAll(array, guest.Space); break;
        }
        guest.Run(nested, array);
        context.ExpectReach(guest.Device, iova, null, $"unmapped by the guest and invalidated by {way}");
        guest.Space.RemapPage(0, page);
        context.ExpectReach(guest.Device, iova, guest.PhysicalOf(page), "mapped again");
    }

    private static void UnmapByHost(RuleContext context, NestedGuest guest, int page)
    {
        var target = NestedGuest.Layout.PageTarget(0, 0, page);
        var physical = guest.PhysicalOf(page);
        context.ExpectReach(guest.Device, NestedGuest.IovaOf(page), physical, "mapped");
        var ram = guest.Ram;
        context.Unmap(guest.Parent, ram.Start, ram.LengthBytes);
        context.ExpectReach(guest.Device, NestedGuest.IovaOf(page), null, "the host has unmapped the guest's memory");
        context.Map(guest.Parent, ram.Start, ram.Frames[0], ram.LengthBytes);
        context.ExpectReach(guest.Device, NestedGuest.IovaOf(page), physical, $"0x{target:x} is mapped again");
    }

    private sealed class NoFaults : IFaultSink
    {
        public void ReportFault(PhysicalDevice device, PageFault fault)
        {
        }
    }
}
