using Iommu.Actors.Core.Ioas;
using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;

namespace Iommu.Tests.Checkers;

/// <summary>Every way in which areas, domains and pins can disagree is planted, and found.</summary>
public class MappingCheckerTests
{
    private const ulong Iova = 0x100_0000;
    private const ulong Bytes = 16 * 4096;

    private readonly Smmuv3Machine _machine = Smmuv3Machine.Create();
    private readonly UserAddressSpace _memory;
    private readonly UserProcess _process;
    private readonly ContextPages _pages = new();
    private readonly IoPagetable _pagetable = new();
    private readonly IPagingDomain _domain;
    private readonly ulong _buffer;

    public MappingCheckerTests()
    {
        _memory = _machine.CreateProcess();
        _process = new UserProcess(_memory);
        _domain = NewDomain();
        _buffer = _memory.Allocate(Bytes).Value;
        Assert.Equal(Errno.None, _pagetable.AddDomain(_domain));
        Map(_pages.OfMemory(_process, _buffer, Bytes, true).Value!, Iova);
    }

    [Fact]
    public void A_domain_that_holds_exactly_the_areas_passes() => Assert.Null(Check());

    [Fact]
    public void Copies_files_accesses_and_what_was_taken_away_pass()
    {
        var file = MemoryFile.Create(1, _machine.Memory, _machine.Frames, Bytes).Value!;
        Map(_pages.OfFile(_process, _process.Files.Install(file).Value, 0x2000, 0x3000, true).Value!, Iova + 0x10_0000);
        Map(_pages.OfMemory(_process, _memory.Map(file, 0, Bytes).Value, Bytes, false).Value!, Iova + 0x20_0000, Access.Read);
        Assert.Equal(Errno.None, _pagetable.Map(_pagetable.GetPages(Iova + 0x3000, 0x2000).Value!, Iova + 0x30_0000, Access.Read).Errno);
        Assert.Equal(2, _pagetable.PinForAccess(Iova + 0x4000, 0x2000, write: true, lockArea: false).Value!.Length);
        var buffer = new DmaBuf(2, 0x4000_0000, 0x4000);
        var descriptor = _process.Files.Install(buffer).Value;
        Map(_pages.OfFile(_process, descriptor, 0, 0x4000, true).Value!, Iova + 0x40_0000);
        Assert.Null(Check());
        buffer.Revoke(true, () => { });
        Assert.Null(_domain.Lookup(Iova + 0x40_0000));
        Assert.Null(Check());
        _pagetable.RemoveDomain(_domain);
        Assert.Null(Check());
        Assert.Equal(2, _memory.PinnedTotal);
    }

    [Fact]
    public void A_page_that_is_missing_is_found()
    {
        _domain.Unmap(Iova + 5 * 4096, 4096);
        Assert.Contains("0x1005000 maps nothing", Check());
    }

    [Fact]
    public void A_page_that_leads_elsewhere_is_found()
    {
        _domain.Unmap(Iova, 4096);
        _domain.Map(Iova, 0x7000, 4096, Access.ReadWrite);
        Assert.Contains("0x1000000 maps 0x7000", Check());
    }

    [Fact]
    public void A_page_beside_the_areas_is_found()
    {
        foreach (var extra in new[] { Iova - 4096, Iova + Bytes, _domain.ApertureLast - 4095 })
        {
            _domain.Map(extra, 0x7000, 4096, Access.Read);
            Assert.Contains("no area covers it", Check());
            _domain.Unmap(extra, 4096);
        }
    }

    [Fact]
    public void Each_page_of_a_small_hole_is_looked_at()
    {
        Map(_pages.OfMemory(_process, _buffer, 4096, true).Value!, Iova + Bytes + 40 * 4096);
        Assert.Null(Check());
        for (var page = 0UL; page < 40; page++)
        {
            _domain.Map(Iova + Bytes + page * 4096, 0x7000, 4096, Access.Read);
            Assert.Contains($"0x{Iova + Bytes + page * 4096:x} maps", Check());
            _domain.Unmap(Iova + Bytes + page * 4096, 4096);
        }
    }

    [Fact]
    public void An_area_that_a_domain_was_not_given_is_found()
    {
        var other = new IoPagetable();
        other.Map([PagesSlice.All(_pages.OfMemory(_process, _buffer, Bytes, true).Value!)], Iova, Access.ReadWrite);
        Assert.Contains("is in no domain", MappingChecker.Check(other.Areas, [_domain]));
    }

    [Fact]
    public void A_mapping_of_what_was_taken_away_is_found()
    {
        var buffer = new DmaBuf(2, 0x4000_0000, 0x4000);
        Map(_pages.OfFile(_process, _process.Files.Install(buffer).Value, 0, 0x4000, true).Value!, Iova + 0x40_0000);
        buffer.Revoke(true, () => { });
        _domain.Map(Iova + 0x40_0000, 0x4000_0000, 4096, Access.Read);
        Assert.Contains("0x1400000 maps 0x40000000 in a domain, its area says nothing", Check());
    }

    [Fact]
    public void A_pin_that_nobody_accounts_for_is_found()
    {
        _memory.Pin(_buffer + 4096, new ulong[1]);
        Assert.Contains("17 pins stand, its areas and accesses account for 16", Check());
    }

    [Fact]
    public void A_pin_of_a_file_that_nobody_accounts_for_is_found()
    {
        var file = MemoryFile.Create(1, _machine.Memory, _machine.Frames, Bytes).Value!;
        Map(_pages.OfFile(_process, _process.Files.Install(file).Value, 0, Bytes, true).Value!, Iova + 0x10_0000);
        file.Pin(0x3000, new ulong[1]);
        Assert.Contains("the page at 0x3000 is pinned 2 times, 1 arrays of pages use it", Check());
    }

    [Fact]
    public void A_use_that_no_area_accounts_for_is_found()
    {
        _pagetable.Areas[0].Pages.Use(3, 3);
        Assert.Contains("has 2 uses, 1 areas and accesses cover it", Check());
    }

    [Fact]
    public void A_use_that_was_given_up_too_early_is_found()
    {
        _pagetable.Areas[0].Pages.EndUse(3, 3);
        Assert.Contains("maps 0x", Check());
        Assert.Contains("has 0 uses, 1 areas and accesses cover it", Check(pinsOnly: true));
    }

    private IPagingDomain NewDomain() => _machine.Drivers[0].AllocPaging(_machine.Devices[0], HwptAllocFlags.None).Value!;

    private void Map(PinnedPages pages, ulong iova, Access access = Access.ReadWrite) =>
        Assert.Equal(Errno.None, _pagetable.Map([PagesSlice.All(pages)], iova, access).Errno);

    private string? Check(bool pinsOnly = false)
    {
        var uses = _pagetable.Areas.Where(area => area.Pages is SourcePages)
            .Select(area => new PagesUse((SourcePages)area.Pages, area.FirstPage, area.LastPage, area.Storage is not null));
        var wrong = pinsOnly ? null : MappingChecker.Check(_pagetable.Areas, _pagetable.Domains);
        return wrong ?? MappingChecker.CheckPins([.. uses], _memory);
    }
}
