using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Tests.Hardware.Processes;

public class MemoryFileTests
{
    private readonly PhysicalMemory _memory = new();
    private readonly FrameAllocator _frames;
    private readonly FileTable _files = new();

    public MemoryFileTests() => _frames = new FrameAllocator(_memory, 0x10_0000, 1024);

    [Fact]
    public void Processes_that_map_a_file_and_the_file_itself_have_the_same_bytes_frames_and_pins()
    {
        var file = MemoryFile.Create(1, _memory, _frames, 0x4000).Value!;
        var (one, other) = (new UserAddressSpace(_memory, _frames), new UserAddressSpace(_memory, _frames));
        var (here, there) = (one.Map(file, 0x1000, 0x2000).Value, other.Map(file, 0, 0x4000).Value);
        Assert.Equal(Errno.None, one.Write(here + 5, new byte[] { 1, 2, 3 }));
        var back = new byte[3];
        Assert.Equal(Errno.None, other.Read(there + 0x1005, back));
        Assert.Equal([1, 2, 3], back);
        Assert.Equal(Errno.None, file.Read(0x1005, back));
        Assert.Equal([1, 2, 3], back);
        Assert.Equal(file.Translate(0x2000), one.Translate(here + 0x1000));

        var physical = new ulong[2];
        Assert.Equal(Errno.None, one.Pin(here, physical));
        Assert.Equal(Errno.None, file.Pin(0x1000, physical.AsSpan(0, 1)));
        Assert.Equal((2, 2, 1), (file.PinsOf(0x1000), other.PinsOf(there + 0x1000), other.PinsOf(there + 0x2000)));
        Assert.Equal((2L, 0L, 3L), (one.PinnedTotal, other.PinnedTotal, file.PinnedTotal));
    }

    [Fact]
    public void A_file_lives_as_long_as_it_is_open_mapped_or_held_and_its_pinned_frames_longer()
    {
        var file = MemoryFile.Create(1, _memory, _frames, 0x2000).Value!;
        var process = new UserAddressSpace(_memory, _frames);
        var (first, second) = (_files.Install(file).Value, process.Map(file, 0, 0x2000).Value);
        Assert.Same(file, _files.FindNumber(1));
        Assert.True(file.TryHold());
        Assert.Equal(Errno.None, _files.Close(first));
        Assert.Null(_files.FindNumber(1));
        file.LetGo();
        var physical = new ulong[1];
        Assert.Equal(Errno.None, process.Pin(second, physical));
        Assert.Equal(Errno.None, process.Free(second));
        Assert.Equal(1, _frames.InUse);
        Assert.False(file.TryHold());
        Assert.Equal(Errno.EBADF, process.Map(file, 0, 0x2000).Errno);
        process.Unpin(physical);
        Assert.Equal((0L, 0L), (_frames.InUse, process.PinnedTotal));
    }

    [Fact]
    public void Beyond_its_end_nothing_is_pinned_read_or_mapped_EINVAL()
    {
        var file = MemoryFile.Create(1, _memory, _frames, 0x1800).Value!;
        var process = new UserAddressSpace(_memory, _frames);
        Assert.Equal(Errno.None, file.Pin(0, new ulong[1]));
        // Its last page is not wholly inside.
        Assert.Equal(Errno.EINVAL, file.Pin(0x1000, new ulong[1]));
        Assert.Equal(Errno.EINVAL, file.Pin(0x800, new ulong[1]));
        Assert.Equal(Errno.EINVAL, file.Read(0x17ff, new byte[2]));
        Assert.Equal(Errno.EINVAL, file.Write(0x1800, new byte[1]));
        Assert.Equal(Errno.None, file.Write(0x17ff, new byte[1]));
        Assert.Equal(Errno.EINVAL, process.Map(file, 0x1000, 0x2000).Errno);
        Assert.Equal(Errno.EINVAL, process.Map(file, 0x2000, 0x1000).Errno);
        Assert.Equal(Errno.EINVAL, process.Map(file, 0, 0).Errno);
        Assert.Null(file.Translate(0x1800));
        Assert.Equal(Errno.EINVAL, MemoryFile.Create(1, _memory, _frames, 0).Errno);
        Assert.Equal(Errno.ENOMEM, MemoryFile.Create(1, _memory, _frames, 1 << 30).Errno);
    }

    [Fact]
    public void What_is_pinned_can_be_reached_by_its_physical_address()
    {
        var file = MemoryFile.Create(1, _memory, _frames, 0x1000, contiguous: true).Value!;
        var physical = file.Translate(0)!.Value;
        Assert.Equal(Errno.None, file.WritePinned(physical + 7, new byte[] { 9 }));
        var back = new byte[1];
        Assert.Equal(Errno.None, file.ReadPinned(physical + 7, back));
        Assert.Equal(9, back[0]);
        Assert.Equal(Errno.None, file.Read(7, back));
        Assert.Equal(9, back[0]);
    }
}
