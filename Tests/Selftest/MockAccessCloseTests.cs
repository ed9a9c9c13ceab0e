using Iommu.Actors.Selftest;
using Iommu.Messages;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Selftest;

/// <summary>The last close of an access's file, while others call.</summary>
public class MockAccessCloseTests
{
    [Fact]
    public async Task A_call_that_comes_while_the_file_is_being_closed_is_answered()
    {
        await using var iommu = await new MockHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        var buffer = iommu.Allocate(4);
        await iommu.Map(ioas, buffer, pages: 4);
        var descriptor = (int)await iommu.Value(new MockAccessCreate(ioas, MockAccessCreateFlags.NeedsPinPages));
        var file = (MockAccessFile)iommu.Process.Files.Find(descriptor)!;
        file.Closed();
        var pages = new MockAccessPages(descriptor, MockHarness.Aperture, 4096, buffer, MockAccessFlags.None);
        var late = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => iommu.Call(pages)));
        Assert.All(late, answer => Assert.Equal(Errno.ENOENT, answer.Errno));
        Assert.Equal(Errno.None, (await file.Ended).Errno);
    }
}
