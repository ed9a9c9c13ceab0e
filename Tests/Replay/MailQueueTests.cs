using Akka.Actor;
using Akka.Dispatch;
using Xunit;

namespace Iommu.Tests.Replay;

public sealed class MailQueueTests
{
    [Fact]
    public void Messages_leave_in_the_order_in_which_they_came()
    {
        var random = new Random(1);
        var queue = default(MailQueue);
        var model = new Queue<object>();
        for (var i = 0; i < 100_000; i++)
        {
            if (random.Next(100) < (i / 10_000 % 2 == 0 ? 60 : 40))
            {
                object message = i;
                queue.Enqueue(message, null);
                model.Enqueue(message);
            }
            else
            {
                Assert.Equal(model.TryDequeue(out var expected), queue.TryDequeue(out var actual, out _));
                Assert.Same(expected, actual);
            }
            Assert.Equal(model.Count, queue.Count);
            Assert.Equal(model.Count > 0, queue.HasMessages);
        }
    }

    [Fact]
    public void A_message_travels_with_its_sender()
    {
        var queue = default(MailQueue);
        queue.Enqueue("hello", ActorRefs.Nobody);
        Assert.True(queue.TryDequeue(out var message, out var sender));
        Assert.Equal("hello", message);
        Assert.Same(ActorRefs.Nobody, sender);
    }
}
