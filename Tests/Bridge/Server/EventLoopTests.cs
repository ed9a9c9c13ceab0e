using Iommu.Bridge.Native;
using Iommu.Bridge.Server;

namespace Iommu.Tests.Bridge.Server;

public class EventLoopTests
{
    [Fact]
    public async Task What_was_told_of_a_closed_descriptor_is_not_told_of_the_one_that_has_its_number_now()
    {
        using var loop = new EventLoop("loop", e => Assert.Fail(e.Message));
        var (firstOther, first) = SeqPacket.Pair($"loop#{Guid.NewGuid():n}");
        var (secondOther, second) = SeqPacket.Pair($"loop#{Guid.NewGuid():n}");
        var (number, told, made) = (second.Number, new List<string>(), new List<Descriptor>());
        var later = new TaskCompletionSource();
        loop.Watch(first, () =>
        {
            loop.Forget(first);
            loop.Forget(second);
            second.Dispose();
            // One of them has the number of the second, unless another thread was quicker.
            var (third, fourth) = SeqPacket.Pair($"loop#{Guid.NewGuid():n}");
            made.AddRange([third, fourth]);
            loop.Watch(third.Number == number ? third : fourth, () => told.Add("is ready"), () => told.Add("has hung up"));
        });
        loop.Watch(second, () => { }, () => told.Add("the second hung up"));
        // Both are told of in one batch, and the first comes first.
        Assert.True(SeqPacket.Send(firstOther, [1]));
        secondOther.Dispose();
        loop.Start();
        // Begun when the batch is over.
        var (lastOther, last) = SeqPacket.Pair($"loop#{Guid.NewGuid():n}");
        Assert.True(SeqPacket.Send(lastOther, [1]));
        loop.Watch(last, () =>
        {
            loop.Forget(last);
            later.TrySetResult();
        });
        await later.Task;
        loop.Stop();
        Assert.Empty(told);
        foreach (var descriptor in made.Concat([first, firstOther, last, lastOther])) descriptor.Dispose();
    }
}
