using Iommu.Hardware.Mock;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Selftest;

/// <summary>The sub-operations that look at the mock's tables and caches, and at pins.</summary>
public sealed class MockChecksTests : IAsyncLifetime
{
    private const ulong Page = 4096;
    private const ulong Granule = 2048;

    private readonly MockHarness _iommu = new();
    private ObjectId _ioas;
    private MockDomainAnswer _made = null!;
    private ulong _buffer;

    public async Task InitializeAsync()
    {
        await _iommu.OpenAsync();
        _ioas = await _iommu.Ioas();
        _made = await _iommu.Answer<MockDomainAnswer>(new MockDomain(_ioas));
        _buffer = _iommu.Allocate(4);
        await _iommu.Map(_ioas, _buffer, pages: 4);
    }

    public async Task DisposeAsync() => await _iommu.DisposeAsync();

    [Fact]
    public async Task MD_CHECK_MAP_finds_the_memory_that_is_mapped()
    {
        await _iommu.Expect(Errno.None, Map(MockHarness.Aperture, 4 * Page, _buffer));
        await _iommu.Expect(Errno.None, Map(MockHarness.Aperture + Page + Granule, Granule, _buffer + Page + Granule));
        await _iommu.Expect(Errno.None, Map(MockHarness.Aperture, 0, _buffer));
    }

    [Fact]
    public async Task MD_CHECK_MAP_answers_EINVAL_for_other_memory_or_none_or_misaligned()
    {
        await _iommu.Expect(Errno.EINVAL, Map(MockHarness.Aperture, Page, _buffer + Page));
        await _iommu.Expect(Errno.EINVAL, Map(MockHarness.Aperture + 4 * Page, Page, _buffer));
        await _iommu.Expect(Errno.EINVAL, Map(MockHarness.Aperture + 1, Page, _buffer));
        await _iommu.Expect(Errno.EINVAL, Map(MockHarness.Aperture, Page + 1, _buffer));
        await _iommu.Expect(Errno.EINVAL, Map(MockHarness.Aperture, Page, _buffer + 1));
        await _iommu.Expect(Errno.EINVAL, Map(MockHarness.Aperture, ulong.MaxValue - Granule + 1, _buffer));
    }

    [Fact]
    public async Task MD_CHECK_MAP_answers_EFAULT_where_the_process_has_no_memory() =>
        await _iommu.Expect(Errno.EFAULT, Map(MockHarness.Aperture, 5 * Page, _buffer));

    [Fact]
    public async Task MD_CHECK_MAP_answers_ENOENT_for_what_is_no_paging_HWPT()
    {
        await _iommu.Expect(Errno.ENOENT, new MockCheckMap(new ObjectId(99), MockHarness.Aperture, Page, _buffer));
        await _iommu.Expect(Errno.ENOENT, new MockCheckMap(_ioas, MockHarness.Aperture, Page, _buffer));
    }

    [Fact]
    public async Task MD_CHECK_REFS_counts_the_pins_of_each_page()
    {
        await _iommu.Expect(Errno.None, new MockCheckRefs(_buffer, 4 * Page, 1));
        await _iommu.Value(new IoasUnmap(_ioas, MockHarness.Aperture, 4 * Page));
        await _iommu.Expect(Errno.None, new MockCheckRefs(_buffer, 4 * Page, 0));
    }

    [Fact]
    public async Task MD_CHECK_REFS_answers_EIO_EINVAL_and_EFAULT()
    {
        await _iommu.Expect(Errno.EIO, new MockCheckRefs(_buffer, Page, 2));
        await _iommu.Expect(Errno.EINVAL, new MockCheckRefs(_buffer + 1, Page, 1));
        await _iommu.Expect(Errno.EINVAL, new MockCheckRefs(_buffer, Page + 1, 1));
        await _iommu.Expect(Errno.EINVAL, new MockCheckRefs(_buffer, ulong.MaxValue - Page + 1, 1));
        await _iommu.Expect(Errno.EFAULT, new MockCheckRefs(_buffer, 5 * Page, 1));
    }

    [Fact]
    public async Task MD_CHECK_IOTLB_compares_a_word_of_a_nested_domain()
    {
        var viommu = await _iommu.Viommu(_made.Device, await _iommu.NestParent(_made.Device, _ioas));
        var nested = await _iommu.Nested(_made.Device, viommu);
        for (var i = 0u; i < 4; i++) await _iommu.Expect(Errno.None, new MockCheckIotlb(nested, i, MockNestedDomain.TlbDefault));
        await _iommu.Expect(Errno.EINVAL, new MockCheckIotlb(nested, 0, 0));
        await _iommu.Expect(Errno.EINVAL, new MockCheckIotlb(nested, 4, MockNestedDomain.TlbDefault));
        await _iommu.Expect(Errno.ENOENT, new MockCheckIotlb(_made.Hwpt, 0, 0));
    }

    [Fact]
    public async Task DEV_CHECK_CACHE_sees_what_an_invalidation_through_the_vIOMMU_has_done()
    {
        var viommu = await _iommu.Viommu(_made.Device, await _iommu.NestParent(_made.Device, _ioas));
        await _iommu.Vdevice(viommu, _made.Device, 0x99);
        await _iommu.Expect(Errno.None, new MockCheckCache(_made.Device, 1, MockDevice.CacheDefault));
        var entries = MockHarness.Words(0, 0x99, 1, 0, 0x99, 2);
        Assert.Equal(2UL, await _iommu.Value(new HwptInvalidate(viommu, InvalidateDataType.Selftest, 12, 2, entries)));
        await _iommu.Expect(Errno.None, new MockCheckCache(_made.Device, 1, 0));
        await _iommu.Expect(Errno.None, new MockCheckCache(_made.Device, 2, 0));
        await _iommu.Expect(Errno.None, new MockCheckCache(_made.Device, 3, MockDevice.CacheDefault));
    }

    [Fact]
    public async Task DEV_CHECK_CACHE_answers_EINVAL_and_ENOENT()
    {
        await _iommu.Expect(Errno.EINVAL, new MockCheckCache(_made.Device, 0, 0));
        await _iommu.Expect(Errno.EINVAL, new MockCheckCache(_made.Device, 4, MockDevice.CacheDefault));
        await _iommu.Expect(Errno.ENOENT, new MockCheckCache(_ioas, 0, 0));
    }

    [Fact]
    public async Task DEV_CHECK_CACHE_answers_EINVAL_for_a_device_that_is_no_mock()
    {
        await using var other = await new SimulatorHarness().OpenAsync();
        await other.Expect(Errno.EINVAL, new MockCheckCache(await other.Bind(), 0, 0));
    }

    [Fact]
    public async Task SET_TEMP_MEMORY_LIMIT_accepts_what_carries_one_page_and_answers_EINVAL_below()
    {
        await _iommu.Expect(Errno.None, new MockMemoryLimit(12));
        await _iommu.Expect(Errno.EINVAL, new MockMemoryLimit(11));
    }

    private MockCheckMap Map(ulong iova, ulong length, ulong user) => new(_made.Hwpt, iova, length, user);
}
