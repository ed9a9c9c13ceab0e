using Iommu.Hardware;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Formats;
using Iommu.TestKit.Guests;

namespace Iommu.Tests.Guests;

/// <summary>The guest's half against the SMMUv3, without actors: what it maps translates, what it invalidates is gone.</summary>
public class GuestEditTests
{
    private const int Vcpu = 1;

    private readonly GuestOnSmmu _host = new();
    private readonly Smmuv3Machine _machine;
    private readonly GuestDriver _guest;

    public GuestEditTests() => (_machine, _guest) = (_host.Machine, _host.Guest);

    [Theory]
    [InlineData(EditKind.Pages)]
    [InlineData(EditKind.PagesWithLevel)]
    [InlineData(EditKind.Ranges)]
    [InlineData(EditKind.Asid)]
    [InlineData(EditKind.All)]
    [InlineData(EditKind.Descriptor)]
    [InlineData(EditKind.Region)]
    [InlineData(EditKind.Refused)]
    public void Every_page_follows_its_versions_through_edits_of_each_kind(EditKind kind)
    {
        var edit = new GuestEdit(_guest.Layout, Vcpu, firstPage: 128, pages: 128, hasRegion: true);
        for (var round = 0U; round < 12; round++)
        {
            for (var device = 0; device < 2; device++)
            {
                AssertTranslates(device);
                edit.Begin(_guest.Spaces[device], kind, choice: round * 0x9E37_79B9);
                _host.Invalidate(edit);
                if (edit.AtcIsNext)
                {
                    edit.BeginAtc();
                    _host.Invalidate(edit);
                }
                AssertUnmappedAreGone(device);
                edit.Finish();
                AssertTranslates(device);
            }
        }
    }

    [Fact]
    public async Task A_walk_that_begins_while_a_table_is_being_invalidated_keeps_nothing_of_it()
    {
        // It went by a walk cache entry that the command was about to remove, but counted as later than the command.
        const int withoutAtc = 1;
        var space = _guest.Spaces[withoutAtc];
        using var end = new CancellationTokenSource();
        var dma = Task.Run(() => FirstImpossible(space, _machine.OpenPort(_machine.Devices[withoutAtc]), end.Token));
        var edit = new GuestEdit(_guest.Layout, Vcpu, firstPage: 0, pages: 64, hasRegion: true);
        for (var round = 0U; round < 4000 && !dma.IsCompleted; round++)
        {
            edit.Begin(space, EditKind.Region, round);
            _host.Invalidate(edit);
            edit.Finish();
        }
        end.Cancel();
        Assert.Null(await dma);
    }

    private string? FirstImpossible(GuestAddressSpace space, Port port, CancellationToken end)
    {
        var random = new Random(1);
        while (!end.IsCancellationRequested)
        {
            var iova = GuestLayout.RegionIova(Vcpu) + ((ulong)random.Next(512) << 12);
            var before = space.Regions.Read(Vcpu);
            var result = port.Translate(iova, Access.Read);
            var after = space.Regions.Read(Vcpu);
            var residue = result.Succeeded ? space.RegionVersionAt(Vcpu, iova, _guest.IpaOf(result.Address)) ?? -2 : -1;
            if (residue == -2 || !SlotPhases.Allows(before, after, residue, GuestLayout.RegionVersions))
                return $"0x{iova:x} is {result} while the region is {SlotPhases.Describe(before)}, then {SlotPhases.Describe(after)}";
        }
        return null;
    }

    private void AssertTranslates(int device)
    {
        var space = _guest.Spaces[device];
        var port = _machine.OpenPort(_machine.Devices[device]);
        for (var page = 0; page < _guest.Layout.PagesPerVcpu; page++)
        {
            var ipa = _guest.IpaOf(port.Translate(_guest.Layout.PageIova(Vcpu, page), Access.Write).Address);
            var version = space.Pages.VersionOf(_guest.Layout.SlotOf(Vcpu, page)) % GuestLayout.PageVersions;
            Assert.Equal((page, version), (page, space.PageVersionAt(Vcpu, page, ipa) ?? -1L));
        }
        var iova = GuestLayout.RegionIova(Vcpu) + 0x12_3000;
        var inRegion = _guest.IpaOf(port.Translate(iova, Access.Read).Address);
        Assert.Equal(space.Regions.VersionOf(Vcpu) % GuestLayout.RegionVersions, space.RegionVersionAt(Vcpu, iova, inRegion) ?? -1L);
        _machine.SmmuOf(_machine.Devices[device]).ClosePort(port);
    }

    private void AssertUnmappedAreGone(int device)
    {
        var space = _guest.Spaces[device];
        var port = _machine.OpenPort(_machine.Devices[device]);
        var gone = 0;
        for (var page = 0; page < _guest.Layout.PagesPerVcpu; page++)
        {
            // The phase of a page that is being unmapped lets a fault pass; then it must be one.
            var phase = space.Pages.Read(_guest.Layout.SlotOf(Vcpu, page));
            if (!SlotPhases.Allows(phase, phase, -1, GuestLayout.PageVersions)) continue;
            Assert.Equal(EventType.F_TRANSLATION, port.Translate(_guest.Layout.PageIova(Vcpu, page), Access.Read).Event);
            gone++;
        }
        Assert.InRange(gone, 63, 64);
        _machine.SmmuOf(_machine.Devices[device]).ClosePort(port);
    }
}
