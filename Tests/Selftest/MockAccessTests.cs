using Iommu.Hardware.Processes;
using Iommu.Actors.Selftest;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Selftest;

/// <summary>CREATE_ACCESS, ACCESS_PAGES, DESTROY_ACCESS_PAGES, ACCESS_RW and ACCESS_REPLACE_IOAS.</summary>
public sealed class MockAccessTests : IAsyncLifetime
{
    private const ulong Page = 4096;
    private const ulong Start = MockHarness.Aperture;
    private const MockAccessFlags Write = MockAccessFlags.Write;

    private static readonly ObjectId Missing = new(99);

    private readonly MockHarness _iommu = new();
    private ObjectId _ioas;
    private ulong _buffer;

    public async Task InitializeAsync()
    {
        await _iommu.OpenAsync();
        _ioas = await _iommu.Ioas();
        _buffer = _iommu.Allocate(4);
        await _iommu.Map(_ioas, _buffer, pages: 4);
    }

    public async Task DisposeAsync() => await _iommu.DisposeAsync();

    [Fact]
    public async Task CREATE_ACCESS_opens_a_file_that_owns_an_access_until_it_is_closed()
    {
        var before = await _iommu.State();
        var file = await Create();
        Assert.NotEqual(before, await _iommu.State());
        await _iommu.Expect(Errno.EBUSY, new Destroy(_ioas));
        await _iommu.Expect(Errno.EBUSY, new Destroy(new ObjectId(2)));
        await Close(file);
        Assert.Equal(before, await _iommu.State());
    }

    [Fact]
    public async Task CREATE_ACCESS_answers_EOPNOTSUPP_for_a_flag_and_ENOENT_for_no_IOAS()
    {
        var before = await _iommu.State();
        await _iommu.Expect(Errno.EOPNOTSUPP, new MockAccessCreate(_ioas, (MockAccessCreateFlags)2));
        await _iommu.Expect(Errno.ENOENT, new MockAccessCreate(Missing, MockAccessCreateFlags.None));
        Assert.Equal(before, await _iommu.State());
        Assert.Equal(0, _iommu.Process.Files.Count);
    }

    [Fact]
    public async Task CREATE_ACCESS_answers_EADDRINUSE_when_an_area_does_not_fit_its_pages()
    {
        var device = await _iommu.Bind();
        var ioas = await _iommu.Ioas();
        await _iommu.Hwpt(device, ioas);
        await _iommu.Value(new IoasMap(
            ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable, _buffer + 2048, 2048, Start + 2048));
        await _iommu.Expect(Errno.EADDRINUSE, new MockAccessCreate(ioas, MockAccessCreateFlags.NeedsPinPages));
        await Close(await Create(ioas, MockAccessCreateFlags.None));
    }

    [Fact]
    public async Task ACCESS_PAGES_pins_until_DESTROY_ACCESS_PAGES_lets_go()
    {
        var file = await Create();
        // The IOAS is on no domain: only accesses pin.
        await _iommu.Expect(Errno.None, new MockCheckRefs(_buffer, 4 * Page, 0));
        Assert.Equal(0UL, await _iommu.Value(Pages(file)));
        Assert.Equal(1UL, await _iommu.Value(Pages(file) with { Iova = Start + Page, UserAddress = _buffer + Page, LengthBytes = Page }));
        await _iommu.Expect(Errno.None, new MockCheckRefs(_buffer, 2 * Page, 1));
        await _iommu.Expect(Errno.None, new MockAccessPagesDestroy(file, 0));
        await _iommu.Expect(Errno.None, new MockCheckRefs(_buffer, Page, 0));
        await _iommu.Expect(Errno.None, new MockCheckRefs(_buffer + Page, Page, 1));
        await _iommu.Expect(Errno.None, new MockAccessPagesDestroy(file, 1));
        Assert.Equal(2UL, await _iommu.Value(Pages(file)));
        await Close(file);
        await _iommu.Expect(Errno.None, new MockCheckRefs(_buffer, 4 * Page, 0));
    }

    [Fact]
    public async Task ACCESS_PAGES_answers_ENOMEM_EOPNOTSUPP_and_EBADFD_before_it_looks_at_memory()
    {
        var (pins, plain) = (await Create(), await Create(flags: MockAccessCreateFlags.None));
        await _iommu.Expect(Errno.ENOMEM, Pages(pins) with { LengthBytes = (16 << 20) + 1 });
        await _iommu.Expect(Errno.EOPNOTSUPP, Pages(pins) with { Flags = MockAccessFlags.SlowPath });
        await _iommu.Expect(Errno.EOPNOTSUPP, Pages(plain));
        await _iommu.Expect(Errno.EBADFD, Pages(17));
        await _iommu.Expect(Errno.EBADFD, new MockAccessPagesDestroy(17, 0));
        await _iommu.Expect(Errno.ENOENT, new MockAccessPagesDestroy(pins, 0));
    }

    [Fact]
    public async Task ACCESS_PAGES_answers_EBADE_or_EFAULT_for_other_memory_and_leaves_nothing_pinned()
    {
        var file = await Create();
        await _iommu.Expect(Errno.EBADE, Pages(file) with { UserAddress = _buffer + Page });
        await _iommu.Expect(Errno.EFAULT, Pages(file) with { UserAddress = 0x1000 });
        _iommu.Failures.Arm(1);
        await _iommu.Expect(Errno.ENOMEM, Pages(file) with { UserAddress = 0 });
        await _iommu.Expect(Errno.None, new MockCheckRefs(_buffer, 4 * Page, 0));
        await _iommu.Expect(Errno.ENOENT, new MockAccessPagesDestroy(file, 0));
    }

    [Fact]
    public async Task ACCESS_PAGES_answers_ENOENT_EPERM_EINVAL_and_EOVERFLOW_as_a_pin_does()
    {
        var file = await Create();
        var readOnly = _iommu.Allocate();
        await _iommu.Value(new IoasMap(_ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable, readOnly, Page, 1 << 20));
        await _iommu.Expect(Errno.ENOENT, Pages(file) with { LengthBytes = 5 * Page });
        await _iommu.Expect(Errno.EPERM, Pages(file) with { Iova = 1 << 20, LengthBytes = Page, UserAddress = readOnly, Flags = Write });
        await _iommu.Expect(Errno.EINVAL, Pages(file) with { LengthBytes = 0 });
        await _iommu.Expect(Errno.EOVERFLOW, Pages(file) with { Iova = ulong.MaxValue - Page + 1, LengthBytes = 2 * Page });
    }

    [Fact]
    public async Task An_unmap_has_the_access_let_go_of_what_it_pinned_there_and_of_no_more()
    {
        var file = await Create();
        var other = _iommu.Allocate();
        await _iommu.Map(_ioas, other, iova: 1 << 20);
        await _iommu.Value(Pages(file));
        await _iommu.Value(Pages(file) with { Iova = 1 << 20, UserAddress = other, LengthBytes = Page });
        Assert.Equal(4 * Page, await _iommu.Value(new IoasUnmap(_ioas, Start, 4 * Page)));
        await _iommu.Expect(Errno.None, new MockCheckRefs(_buffer, 4 * Page, 0));
        await _iommu.Expect(Errno.None, new MockCheckRefs(other, Page, 1));
        await _iommu.Expect(Errno.ENOENT, new MockAccessPagesDestroy(file, 0));
        await _iommu.Expect(Errno.None, new MockAccessPagesDestroy(file, 1));
    }

    [Fact]
    public async Task Pins_unpins_and_unmaps_at_once_leave_nothing_pinned()
    {
        var file = await Create();
        for (var round = 0; round < 10; round++)
        {
            var calls = new List<Task<Answer>>();
            for (var i = 0u; i < 20; i++)
            {
                calls.Add(_iommu.Call(Pages(file) with { LengthBytes = Page }));
                calls.Add(_iommu.Call(new MockAccessPagesDestroy(file, (uint)round * 20 + i / 2)));
            }
            calls.Add(_iommu.Call(new IoasUnmap(_ioas, 0, ulong.MaxValue)));
            var answers = await Task.WhenAll(calls);
            Assert.Equal(Errno.None, answers[^1].Errno);
            await _iommu.Expect(Errno.None, new MockCheckRefs(_buffer, 4 * Page, 0));
            await _iommu.Map(_ioas, _buffer, pages: 4);
        }
    }

    [Fact]
    public async Task ACCESS_RW_copies_both_ways_fast_or_slow()
    {
        var file = await Create(flags: MockAccessCreateFlags.None);
        var memory = _iommu.Allocate(4);
        foreach (var path in new[] { MockAccessFlags.None, MockAccessFlags.SlowPath })
        {
            byte[] sent = [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 7 + (int)path))];
            _iommu.Memory.Write(memory, sent);
            await _iommu.Expect(Errno.None, new MockAccessRw(file, Start + 100, 5000, memory, Write | path));
            Assert.Equal(sent, Read(_buffer + 100, 5000));
            await _iommu.Expect(Errno.None, new MockAccessRw(file, Start + 100, 5000, memory + Page, path));
            Assert.Equal(sent, Read(memory + Page, 5000));
        }
    }

    [Fact]
    public async Task ACCESS_RW_answers_ENOMEM_EOPNOTSUPP_EBADFD_and_EFAULT()
    {
        var file = await Create();
        await _iommu.Expect(Errno.ENOMEM, new MockAccessRw(file, Start, (16 << 20) + 1, _buffer, 0));
        await _iommu.Expect(Errno.EOPNOTSUPP, new MockAccessRw(file, Start, 1, _buffer, (MockAccessFlags)2));
        await _iommu.Expect(Errno.EBADFD, new MockAccessRw(17, Start, 1, _buffer, 0));
        await _iommu.Expect(Errno.EFAULT, new MockAccessRw(file, Start, 1, 0x1000, 0));
        await _iommu.Expect(Errno.EFAULT, new MockAccessRw(file, Start, 1, 0x1000, Write));
    }

    [Fact]
    public async Task ACCESS_RW_answers_ENOENT_EPERM_EINVAL_and_EOVERFLOW_as_an_access_does()
    {
        var file = await Create();
        await _iommu.Value(new IoasMap(_ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable, _iommu.Allocate(), Page, 1 << 20));
        await _iommu.Expect(Errno.ENOENT, new MockAccessRw(file, Start + 4 * Page, 1, _buffer, 0));
        await _iommu.Expect(Errno.EPERM, new MockAccessRw(file, 1 << 20, 1, _buffer, Write));
        await _iommu.Expect(Errno.EINVAL, new MockAccessRw(file, Start, 0, _buffer, 0));
        await _iommu.Expect(Errno.EOVERFLOW, new MockAccessRw(file, ulong.MaxValue, 2, _buffer, 0));
    }

    [Fact]
    public async Task ACCESS_REPLACE_IOAS_lets_go_of_the_old_one_and_works_on_the_new_one()
    {
        var file = await Create();
        await _iommu.Value(Pages(file));
        var other = await _iommu.Ioas();
        var memory = _iommu.Allocate();
        await _iommu.Map(other, memory);
        await _iommu.Expect(Errno.None, new MockAccessReplaceIoas(file, other));
        await _iommu.Expect(Errno.None, new MockCheckRefs(_buffer, 4 * Page, 0));
        await _iommu.Expect(Errno.None, new Destroy(_ioas));
        await _iommu.Value(Pages(file) with { LengthBytes = Page, UserAddress = memory });
        await _iommu.Expect(Errno.None, new MockCheckRefs(memory, Page, 1));
        await _iommu.Expect(Errno.None, new MockAccessReplaceIoas(file, other));
        await _iommu.Expect(Errno.None, new MockCheckRefs(memory, Page, 1));
    }

    [Fact]
    public async Task ACCESS_REPLACE_IOAS_answers_ENOENT_for_no_IOAS_and_EBADFD_for_no_file()
    {
        var file = await Create();
        await _iommu.Expect(Errno.ENOENT, new MockAccessReplaceIoas(file, Missing));
        await _iommu.Expect(Errno.EBADFD, new MockAccessReplaceIoas(17, _ioas));
    }

    [Fact]
    public async Task A_fuzzers_IOVA_is_an_area_and_an_offset_in_it()
    {
        var file = await Create();
        var first = _iommu.Allocate();
        await _iommu.Map(_ioas, first, iova: 1 << 20);
        _iommu.Memory.Write(_buffer + 0x123, [42]);
        var memory = _iommu.Allocate();
        await _iommu.Expect(Errno.None, new MockAccessRw(file, (0x123UL << 32) | 1, 1, memory, MockAccessFlags.Syz));
        Assert.Equal([42], Read(memory, 1));
        await _iommu.Expect(Errno.ENOENT, new MockAccessRw(file, 2, 1, memory, MockAccessFlags.Syz));
        await _iommu.Value(Pages(file) with { Iova = 0, LengthBytes = Page, UserAddress = first, Flags = MockAccessFlags.Syz });
        await _iommu.Expect(Errno.None, new MockCheckRefs(first, Page, 1));
    }

    [Fact]
    public async Task A_duplicate_keeps_the_access_until_it_is_closed_too()
    {
        var file = await Create();
        var duplicate = ((FileTable)_iommu.Process.Files).Duplicate(file).Value;
        await _iommu.Value(Pages(file));
        Assert.Equal(Errno.None, _iommu.Process.Files.Close(file));
        await _iommu.Expect(Errno.EBADFD, Pages(file));
        await _iommu.Value(Pages(duplicate));
        await Close(duplicate);
        await _iommu.Expect(Errno.None, new MockCheckRefs(_buffer, 4 * Page, 0));
    }

    [Fact]
    public async Task A_context_closes_over_an_open_access()
    {
        var file = await Create();
        await _iommu.Value(Pages(file));
        Assert.Equal(0UL, await _iommu.Value(new Close()));
        Assert.Equal(0, _iommu.Memory.PinnedTotal);
        await _iommu.Expect(Errno.ENOENT, Pages(file));
        await Close(file);
    }

    private async Task<int> Create(ObjectId? ioas = null, MockAccessCreateFlags flags = MockAccessCreateFlags.NeedsPinPages) =>
        (int)await _iommu.Value(new MockAccessCreate(ioas ?? _ioas, flags));

    private MockAccessPages Pages(int file) => new(file, Start, 4 * Page, _buffer, MockAccessFlags.None);

    private async Task Close(int descriptor)
    {
        var file = (MockAccessFile)_iommu.Process.Files.Find(descriptor)!;
        Assert.Equal(Errno.None, _iommu.Process.Files.Close(descriptor));
        Assert.Equal(Errno.None, (await file.Ended).Errno);
    }

    private byte[] Read(ulong address, int count)
    {
        var bytes = new byte[count];
        Assert.Equal(Errno.None, _iommu.Memory.Read(address, bytes));
        return bytes;
    }
}
