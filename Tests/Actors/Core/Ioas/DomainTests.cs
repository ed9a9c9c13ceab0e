using Iommu.Actors.Core.Ioas;
using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Tests.Actors.Core.Ioas;

/// <summary>What a domain asks of areas, and for how long; reserved ranges; large pages.</summary>
public class DomainTests
{
    private const ulong Iova = Pagetables.Iova;
    private const ulong Page = Pagetables.Page;

    private readonly Pagetables _it = new();

    [Fact]
    public void A_domain_of_2_KiB_pages_maps_parts_of_pages()
    {
        var domain = _it.AddDomain();
        var memory = _it.Memory.Allocate(4 * Page).Value;
        _it.Map(_it.Pages.OfMemory(_it.Process, memory + 2048, 3 * Page, true).Value!, Iova + 2048);
        for (var offset = 0UL; offset < 3 * Page; offset += 512)
            Assert.Equal(_it.Memory.Translate(memory + 2048 + offset), domain.Lookup(Iova + 2048 + offset));
        Assert.Equal(4, _it.Memory.PinnedTotal);
    }

    [Fact]
    public void A_domain_without_pages_of_4_KiB_is_EINVAL() =>
        Assert.Equal(Errno.EINVAL, _it.Ioas.AddDomain(new PlainDomain { PageSizes = 1 << 14 }));

    [Fact]
    public void An_area_or_the_allowed_list_outside_of_the_aperture_keeps_a_domain_out_EADDRINUSE()
    {
        Assert.Equal(Errno.None, _it.Ioas.Allow([new IovaRange(0x1000, 0x1fff)]));
        Assert.Equal(Errno.EADDRINUSE, _it.Ioas.AddDomain(_it.NewDomain()));
        Assert.Equal(Errno.None, _it.Ioas.Allow([]));
        _it.Map(iova: 0x1000);
        Assert.Equal(Errno.EADDRINUSE, _it.Ioas.AddDomain(_it.NewDomain()));
        Assert.Equal([new IovaRange(0, ulong.MaxValue)], _it.Ioas.UsableRanges);
        Assert.Equal((Errno.None, 4 * Page), _it.Unmap());
        _it.AddDomain();
        Assert.Equal([new IovaRange(1 << 24, (1UL << 31) - 1)], _it.Ioas.UsableRanges);
    }

    [Fact]
    public void A_misaligned_area_keeps_a_domain_out_EADDRINUSE()
    {
        _it.Map(_it.Pages.OfMemory(_it.Process, _it.Memory.Allocate(Page).Value + 512, Page / 2, true).Value!);
        Assert.Equal(Errno.EADDRINUSE, _it.Ioas.AddDomain(_it.NewDomain()));
    }

    [Fact]
    public void What_a_domain_asked_for_binds_areas_until_its_end_is_durable()
    {
        var domain = _it.AddDomain();
        _it.Ioas.RemoveDomain(domain);
        Assert.Equal((2048UL, 0), (_it.Ioas.IovaAlignment, _it.Ioas.Domains.Count));
        Assert.Equal(Errno.EINVAL, Map(0x1000, Page));
        Assert.Equal(Errno.EINVAL, Map(Iova, 100));
        _it.Ioas.EndDomain(domain);
        Assert.Equal(Errno.None, Map(0x1000, Page));
        Assert.Equal(Errno.None, Map(Iova, 100));
    }

    [Fact]
    public void Reserving_is_all_or_nothing_and_each_owners_own()
    {
        var (one, other) = (new object(), new object());
        _it.Map();
        Assert.Equal(Errno.EADDRINUSE, _it.Ioas.Reserve([new(0x1000, 0x1fff), new(Iova + 4 * Page - 1, Iova + 5 * Page)], one));
        Assert.Equal([new IovaRange(0, ulong.MaxValue)], _it.Ioas.UsableRanges);
        Assert.Equal(Errno.None, _it.Ioas.Reserve([new(0x1000, 0x1fff), new(0x2000, 0x2fff)], one));
        Assert.Equal(Errno.None, _it.Ioas.Reserve([new(0x1800, 0x27ff), new(ulong.MaxValue, ulong.MaxValue)], other));
        Assert.Equal([new IovaRange(0, 0xfff), new(0x3000, ulong.MaxValue - 1)], _it.Ioas.UsableRanges);
        Assert.Equal(Errno.EINVAL, Map(0x2000, Page));
        Assert.Equal(Errno.EADDRINUSE, _it.Ioas.Allow([new IovaRange(0x2000, 0x4000)]));
        _it.Ioas.Unreserve(one);
        Assert.Equal([new IovaRange(0, 0x17ff), new(0x2800, ulong.MaxValue - 1)], _it.Ioas.UsableRanges);
        _it.Ioas.Unreserve(other);
        Assert.Equal([new IovaRange(0, ulong.MaxValue)], _it.Ioas.UsableRanges);
    }

    [Fact]
    public void Without_large_pages_every_page_is_mapped_by_itself()
    {
        var domain = new PlainDomain();
        Assert.Equal(Errno.None, _it.Ioas.DisableLargePages());
        Assert.Equal(Errno.None, _it.Ioas.AddDomain(domain));
        Map(Iova, 4 * Page);
        Assert.Equal([Page, Page, Page, Page], domain.Maps);
        _it.Unmap();
        _it.Ioas.EnableLargePages();
        domain.Maps.Clear();
        var memory = _it.Memory.Allocate(4 * Page, contiguous: true).Value;
        _it.Map(_it.Pages.OfMemory(_it.Process, memory, 4 * Page, true).Value!);
        Assert.Equal([4 * Page], domain.Maps);
    }

    [Fact]
    public void A_noiommu_domain_tells_where_memory_is_contiguous()
    {
        Assert.Equal(Errno.ENOENT, _it.Ioas.GetPhysical(Iova, 1).Errno);
        Assert.Equal(Errno.None, _it.Ioas.AddDomain(new PlainDomain(translates: false)));
        var memory = _it.Memory.Allocate(4 * Page, contiguous: true).Value;
        _it.Map(_it.Pages.OfMemory(_it.Process, memory, 4 * Page, true).Value!);
        _it.Map(_it.NewPages(1), Iova + 4 * Page);
        Assert.Equal(new PhysicalAnswer(Errno.None, _it.Memory.Translate(memory)!.Value + 100, 4 * Page - 100),
            _it.Ioas.GetPhysical(Iova + 100, 1UL << 40));
        Assert.Equal(5000UL, _it.Ioas.GetPhysical(Iova + 100, 5000).LengthBytes);
        Assert.Equal(10UL, _it.Ioas.GetPhysical(Iova + 100, 10).LengthBytes);
    }

    [Fact]
    public void Where_hardware_translates_nobody_is_told_EOPNOTSUPP()
    {
        _it.Map();
        Assert.Equal(Errno.EOPNOTSUPP, _it.Ioas.GetPhysical(Iova, 1).Errno);
        _it.AddDomain();
        Assert.Equal(Errno.EOPNOTSUPP, _it.Ioas.GetPhysical(Iova, 1).Errno);
    }

    private Errno Map(ulong iova, ulong length) => _it.Ioas.Map(
        [PagesSlice.All(_it.Pages.OfMemory(_it.Process, _it.Memory.Allocate(length).Value, length, true).Value!)], iova, Access.Read).Errno;

    /// <summary>Tables that keep what they are given.</summary>
    private sealed class PlainDomain(bool translates = true) : IPagingDomain
    {
        private readonly Dictionary<ulong, ulong> _pages = [];

        public List<ulong> Maps { get; } = [];

        public IIommuDriver Iommu { get; } = new PlainDriver(translates);

        public bool IsNestParent => false;

        public ulong PageSizes { get; init; } = 1 << 12;

        public ulong ApertureLast => ulong.MaxValue;

        public Errno Map(ulong iova, ulong physical, ulong lengthBytes, Access access)
        {
            Maps.Add(lengthBytes);
            for (var offset = 0UL; offset < lengthBytes; offset += Page) _pages[iova + offset] = physical + offset;
            return Errno.None;
        }

        public ulong Unmap(ulong iova, ulong lengthBytes)
        {
            for (var offset = 0UL; offset < lengthBytes; offset += Page) _pages.Remove(iova + offset);
            return lengthBytes;
        }

        public IEnumerable<CommandBatch> Flush(ulong iova, ulong lengthBytes) => Plan.Nothing;

        public ulong? Lookup(ulong iova) => _pages.TryGetValue(iova & ~(Page - 1), out var page) ? page + iova % Page : null;

        public IEnumerable<CommandBatch> Free() => Plan.Nothing;
    }

    private sealed class PlainDriver(bool translates) : IIommuDriver
    {
        public string Name => "plain";

        public bool Translates => translates;

        public Result<HwInfo> HwInfo(PhysicalDevice device, Iommu.Messages.Uapi.HwInfoType type) => Errno.EOPNOTSUPP;

        public DeviceCapabilities Capabilities(PhysicalDevice device) => new();

        public Result<IPagingDomain> AllocPaging(
            PhysicalDevice device, Iommu.Messages.Uapi.HwptAllocFlags flags, UserData data = default) => Errno.EOPNOTSUPP;

        public Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to) => Errno.EOPNOTSUPP;
    }
}
