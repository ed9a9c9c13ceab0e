using Iommu.Hardware.Memory;
using Iommu.Messages;

namespace Iommu.Tests.Hardware.Memory;

public class UserAddressSpaceTests
{
    private readonly PhysicalMemory _memory = new();
    private readonly FrameAllocator _frames;
    private readonly UserAddressSpace _process;

    public UserAddressSpaceTests()
    {
        _frames = new FrameAllocator(_memory, 0x10_0000, 1024);
        _process = new UserAddressSpace(_memory, _frames);
    }

    [Fact]
    public void What_is_written_is_read_back_across_pages_and_nothing_beyond()
    {
        var va = _process.Allocate(0x3000).Value;
        var data = Enumerable.Range(0, 5000).Select(i => (byte)i).ToArray();
        Assert.Equal(Errno.None, _process.Write(va + 100, data));
        var back = new byte[5000];
        Assert.Equal(Errno.None, _process.Read(va + 100, back));
        Assert.Equal(data, back);
        Assert.Equal(Errno.EFAULT, _process.Write(va + 0x2FFF, new byte[2]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1UL << 62)]
    [InlineData(ulong.MaxValue)]
    public void An_address_far_from_all_memory_is_missed_at_once(ulong va)
    {
        // Boundary by boundary from there, it took minutes.
        _process.Allocate(0x1000);
        Assert.Equal(Errno.EFAULT, _process.Read(va, new byte[16]));
        Assert.Null(_process.Translate(va));
    }

    [Fact]
    public void A_pinned_frame_outlives_its_allocation_until_the_last_pin_is_gone()
    {
        var va = _process.Allocate(0x2000).Value;
        var physical = new ulong[2];
        Assert.Equal(Errno.None, _process.Pin(va, physical));
        Assert.Equal(Errno.None, _process.Pin(va, physical.AsSpan(0, 1)));
        Assert.Equal((2, 1, 3L), (_process.PinsOf(va), _process.PinsOf(va + 0x1000), _process.PinnedTotal));
        Assert.Equal(Errno.None, _process.Free(va));
        Assert.Equal(2, _frames.InUse);
        Assert.Equal(Errno.EFAULT, _process.Pin(va, physical));
        _process.Unpin(physical);
        Assert.Equal(1, _frames.InUse);
        _process.Unpin(physical.AsSpan(0, 1));
        Assert.Equal((0L, 0L), (_frames.InUse, _process.PinnedTotal));
    }

    [Fact]
    public void Pinning_past_the_end_pins_nothing()
    {
        var va = _process.Allocate(0x2000).Value;
        Assert.Equal(Errno.EFAULT, _process.Pin(va + 0x1000, new ulong[2]));
        Assert.Equal(0, _process.PinnedTotal);
    }

    [Fact]
    public void Contiguous_memory_is_one_aligned_run()
    {
        var va = _process.Allocate(0x20_0000, contiguous: true).Value;
        var physical = new ulong[512];
        Assert.Equal(Errno.None, _process.Pin(va, physical));
        Assert.Equal(0UL, physical[0] % 0x20_0000);
        Assert.Equal(Enumerable.Range(0, 512).Select(i => physical[0] + (ulong)i * 0x1000), physical);
    }

    [Fact]
    public void A_host_without_frames_answers_ENOMEM_and_loses_none()
    {
        _frames.FailAt(2);
        Assert.Equal(Errno.ENOMEM, _process.Allocate(0x4000).Errno);
        Assert.Equal(0, _frames.InUse);
        Assert.Equal(Errno.ENOMEM, _process.Allocate(5000 * 0x1000UL).Errno);
        Assert.Equal(0, _frames.InUse);
        Assert.Equal(Errno.None, _process.Allocate(1024 * 0x1000UL).Errno);
    }
}
