using Iommu.Hardware;
using Iommu.Hardware.Faults;
using Iommu.Hardware.Smmuv3;
using Iommu.TestKit.Guests;

namespace Iommu.Tests.Guests;

/// <summary>What a guest knows of its pages is a check of I8 by itself: it must find an invalidation that was lost.</summary>
public class GuestOracleTests
{
    private const int Vcpu = 0;
    private const int WithoutAtc = 1;

    [Fact]
    public void The_page_whose_invalidation_was_lost_is_found_and_no_other()
    {
        DroppedCommandQueue? fault = null;
        var host = new GuestOnSmmu((_, queue) => fault = new DroppedCommandQueue(queue, CommandSet.Smmuv3, new Victims(40)));
        var space = host.Guest.Spaces[WithoutAtc];
        var port = host.Machine.OpenPort(host.Machine.Devices[WithoutAtc]);
        Assert.Empty(Impossible(host.Guest, space, port));
        var edit = new GuestEdit(host.Guest.Layout, Vcpu, firstPage: 0, pages: 1024, hasRegion: false);
        edit.Begin(space, EditKind.Pages, choice: 0);
        host.Invalidate(edit);
        edit.Finish();
        var found = Assert.Single(Impossible(host.Guest, space, port));
        Assert.Equal(new Command(fault!.Victim.Span[0], fault.Victim.Span[1]).Address, host.Guest.Layout.PageIova(Vcpu, found));
    }

    private static List<int> Impossible(GuestDriver guest, GuestAddressSpace space, Port port)
    {
        var found = new List<int>();
        for (var page = 0; page < guest.Layout.PagesPerVcpu; page++)
        {
            var phase = space.Pages.Read(page);
            var result = port.Translate(guest.Layout.PageIova(Vcpu, page), Access.Read);
            var residue = result.Succeeded ? space.PageVersionAt(Vcpu, page, guest.IpaOf(result.Address)) : -1;
            if (residue is not { } version || !SlotPhases.Allows(phase, phase, version, GuestLayout.PageVersions)) found.Add(page);
        }
        return found;
    }
}
