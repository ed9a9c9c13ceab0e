using Iommu.Messages;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

public class IoasAllocTests
{
    [Fact]
    public async Task IOAS_ALLOC_answers_the_lowest_free_id()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        Assert.Equal(new ObjectId(1), await iommu.Ioas());
        Assert.Equal(new ObjectId(2), await iommu.Ioas());
        await iommu.Expect(Errno.None, new Destroy(new ObjectId(1)));
        Assert.Equal(new ObjectId(1), await iommu.Ioas());
    }

    [Fact]
    public async Task IOAS_ALLOC_answers_EOPNOTSUPP_for_any_flag()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        await iommu.Expect(Errno.EOPNOTSUPP, new IoasAlloc(1));
        Assert.Equal(new ObjectId(1), await iommu.Ioas());
    }

    [Fact]
    public async Task An_ioas_that_is_destroyed_lets_go_of_what_it_maps()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var frames = iommu.Hardware.Frames.InUse;
        var file = Iommu.Hardware.Processes.MemoryFile.Create(1, iommu.Hardware.Memory, iommu.Hardware.Frames, 0x4000).Value!;
        var descriptor = iommu.Process.Files.Install(file).Value;
        await iommu.Value(new IoasMapFile(ioas, Iommu.Messages.Uapi.IoasMapFlags.Readable, descriptor, 0, 0x4000));
        iommu.Process.Files.Close(descriptor);
        Assert.Equal(frames + 4, iommu.Hardware.Frames.InUse);
        await iommu.Expect(Errno.None, new Destroy(ioas));
        Assert.Equal(frames, iommu.Hardware.Frames.InUse);
    }
}
