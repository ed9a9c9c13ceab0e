using System.Runtime.InteropServices;
using Iommu.Bridge.Native;

namespace Iommu.Tests.Bridge.Native;

public partial class EpollTests
{
    private const int WindowChanged = 28; // SIGWINCH, which ends nobody.

    [Fact]
    public async Task A_signal_in_the_middle_of_a_wait_is_not_its_end()
    {
        var (mine, theirs) = SeqPacket.Pair($"epoll#{Guid.NewGuid():n}");
        using var registered = PosixSignalRegistration.Create((PosixSignal)WindowChanged, context => context.Cancel = true);
        using var epoll = new Epoll();
        using (mine)
        using (theirs)
        {
            epoll.Watch(mine, Epoll.In);
            var (told, begun) = (-1, new TaskCompletionSource<ulong>());
            var waiter = new Thread(() =>
            {
                begun.SetResult(pthread_self());
                told = epoll.Wait(timeoutMs: 60_000);
            });
            waiter.Start();
            var thread = await begun.Task;
            // A signal that came before the wait began interrupts nothing: some of so many come within it.
            for (var i = 0; i < 1_000; i++)
            {
                pthread_kill(thread, WindowChanged);
                Thread.Yield();
            }
            Assert.True(waiter.IsAlive);
            Assert.True(SeqPacket.Send(theirs, [1]));
            waiter.Join();
            Assert.Equal(1, told);
        }
    }

    [LibraryImport("libc")]
    private static partial ulong pthread_self();

    [LibraryImport("libc")]
    private static partial int pthread_kill(ulong thread, int signal);
}
