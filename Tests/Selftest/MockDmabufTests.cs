using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Selftest;

/// <summary>DMABUF_GET and DMABUF_REVOKE, and ADD_RESERVED.</summary>
public sealed class MockDmabufTests : IAsyncLifetime
{
    private const uint Page = 4096;
    private const ulong Start = MockHarness.Aperture;

    private readonly MockHarness _iommu = new();
    private ObjectId _ioas;
    private MockDomainAnswer _made = null!;

    public async Task InitializeAsync()
    {
        await _iommu.OpenAsync();
        _ioas = await _iommu.Ioas();
        _made = await _iommu.Answer<MockDomainAnswer>(new MockDomain(_ioas));
    }

    public async Task DisposeAsync() => await _iommu.DisposeAsync();

    [Fact]
    public async Task DMABUF_GET_opens_a_buffer_of_whole_pages_that_goes_with_its_last_holder()
    {
        var before = _iommu.Hardware.Frames.InUse;
        var file = await Get(2 * Page + 1);
        Assert.Equal(3UL * Page, ((DmaBuf)_iommu.Process.Files.Find(file)!).LengthBytes);
        Assert.Equal(before + 3, _iommu.Hardware.Frames.InUse);
        await Map(file, 3 * Page);
        _iommu.Process.Files.Close(file);
        Assert.Equal(before + 3, _iommu.Hardware.Frames.InUse);
        await _iommu.Value(new IoasUnmap(_ioas, 0, ulong.MaxValue));
        Assert.Equal(before, _iommu.Hardware.Frames.InUse);
    }

    [Fact]
    public async Task DMABUF_GET_answers_EINVAL_for_no_length_or_more_than_2_MiB_and_ENOMEM()
    {
        var before = _iommu.Hardware.Frames.InUse;
        await _iommu.Expect(Errno.EINVAL, new MockDmabufGet(0));
        await _iommu.Expect(Errno.EINVAL, new MockDmabufGet((2 << 20) + 1));
        await _iommu.Expect(Errno.EINVAL, new MockDmabufGet(uint.MaxValue));
        _iommu.Failures.Arm(1);
        await _iommu.Expect(Errno.ENOMEM, new MockDmabufGet(Page));
        _iommu.Hardware.Frames.FailAt(0);
        await _iommu.Expect(Errno.ENOMEM, new MockDmabufGet(Page));
        Assert.Equal((before, 0), (_iommu.Hardware.Frames.InUse, _iommu.Process.Files.Count));
        await Get(2 << 20);
    }

    [Fact]
    public async Task DMABUF_REVOKE_takes_the_memory_out_of_every_domain_and_refuses_it_until_it_is_given_back()
    {
        var file = await Get(4 * Page);
        await Map(file, 4 * Page);
        var tables = (Iommu.Hardware.Drivers.IPagingDomain)_iommu.Context.Table.Find(_made.Hwpt)!.Hardware!;
        Assert.NotNull(tables.Lookup(Start));
        await _iommu.Expect(Errno.None, new MockDmabufRevoke(file, true));
        Assert.Null(tables.Lookup(Start));
        await _iommu.Expect(Errno.ENODEV, MapCall(file, Page) with { Iova = 2 * Start });
        await _iommu.Expect(Errno.None, new MockDmabufRevoke(file, false));
        // What was mapped before does not come back by itself.
        Assert.Null(tables.Lookup(Start));
        await _iommu.Value(MapCall(file, Page) with { Iova = 2 * Start });
        Assert.NotNull(tables.Lookup(2 * Start));
        Assert.Equal(5UL * Page, await _iommu.Value(new IoasUnmap(_ioas, 0, ulong.MaxValue)));
    }

    [Fact]
    public async Task DMABUF_REVOKE_answers_EBADF_EINVAL_and_EOPNOTSUPP_for_what_is_no_buffer_of_the_mock()
    {
        await _iommu.Expect(Errno.EBADF, new MockDmabufRevoke(17, true));
        var access = (int)await _iommu.Value(new MockAccessCreate(_ioas, MockAccessCreateFlags.None));
        await _iommu.Expect(Errno.EINVAL, new MockDmabufRevoke(access, true));
        var foreign = _iommu.Process.Files.Install(new DmaBuf(5, 1UL << 40, Page)).Value;
        await _iommu.Expect(Errno.EOPNOTSUPP, new MockDmabufRevoke(foreign, true));
    }

    [Fact]
    public async Task ADD_RESERVED_keeps_mappings_out()
    {
        await _iommu.Expect(Errno.None, new MockAddReserved(_ioas, Start, Page));
        await _iommu.Expect(Errno.EINVAL, new IoasMap(
            _ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable, _iommu.Allocate(), Page, Start));
    }

    [Fact]
    public async Task ADD_RESERVED_answers_EINVAL_EOVERFLOW_ENOENT_and_EADDRINUSE()
    {
        await _iommu.Map(_ioas, _iommu.Allocate());
        await _iommu.Expect(Errno.EINVAL, new MockAddReserved(_ioas, Start, 0));
        await _iommu.Expect(Errno.EOVERFLOW, new MockAddReserved(_ioas, ulong.MaxValue, 2));
        await _iommu.Expect(Errno.ENOENT, new MockAddReserved(new ObjectId(99), Start, Page));
        await _iommu.Expect(Errno.ENOENT, new MockAddReserved(_made.Device, Start, Page));
        await _iommu.Expect(Errno.EADDRINUSE, new MockAddReserved(_ioas, Start, Page));
    }

    private async Task<int> Get(uint length) => (int)await _iommu.Value(new MockDmabufGet(length));

    private Task<ulong> Map(int file, ulong length) => _iommu.Value(MapCall(file, length));

    private IoasMapFile MapCall(int file, ulong length) => new(
        _ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable, file, 0, length, Start);
}
