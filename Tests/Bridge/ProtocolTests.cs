using Iommu.Bridge;
using Iommu.Bridge.Native;
using Iommu.Bridge.Protocol;
using Iommu.Messages;

namespace Iommu.Tests.Bridge;

/// <summary>Whatever comes in by the socket, the worst that happens is that whoever sent it is cut off.</summary>
[Collection(nameof(BridgeHarness))]
public class ProtocolTests
{
    private const ulong IoasAlloc = 0x3b81;

    public static TheoryData<string, byte[], bool> Malformed() => new()
    {
        { "nothing", [], true },
        { "one byte", [1], true },
        { "too short", new byte[ShimRequest.LengthBytes - 1], true },
        { "another magic", new byte[ShimRequest.LengthBytes], true },
        { "too long", [.. Bytes(RawClient.Request(ShimOp.Open)), 0], true },
        { "much too long", new byte[100_000], true },
        { "nowhere to answer", Bytes(RawClient.Request(ShimOp.Open)), false },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_malformed_message_closes_its_connection_and_no_other(string what, byte[] message, bool withReplySocket)
    {
        _ = what;
        await using var bridge = new BridgeHarness();
        using (var other = new RawClient(bridge.Socket))
        {
            Assert.Equal(0, await other.CallAsync(RawClient.Request(ShimOp.Open)));
            using (var first = new RawClient(bridge.Socket))
            {
                first.Send(message, withReplySocket);
                await first.ClosedByServerAsync();
            }
            // In the middle of a conversation, too.
            using (var later = new RawClient(bridge.Socket))
            {
                Assert.Equal(0, await later.CallAsync(RawClient.Request(ShimOp.Open)));
                later.Send(message, withReplySocket);
                await later.ClosedByServerAsync();
            }
            Assert.Equal(-(long)Errno.EFAULT, await other.CallAsync(RawClient.Request(ShimOp.Ioctl, IoasAlloc, 1)));
        }
        await AssertNothingLeftAsync(bridge);
    }

    [Theory]
    [InlineData((uint)ShimOp.Ioctl)]
    [InlineData((uint)ShimOp.Mmap)]
    [InlineData((uint)ShimOp.Read)]
    [InlineData((uint)ShimOp.TakeBack)]
    [InlineData(77u)]
    public async Task Who_opens_nothing_is_EBADF(uint first)
    {
        await using var bridge = new BridgeHarness();
        using (var client = new RawClient(bridge.Socket))
        {
            Assert.Equal(-(long)Errno.EBADF, await client.CallAsync(RawClient.Request((ShimOp)first)));
            Assert.Equal(-(long)Errno.EBADF, await client.CallAsync(RawClient.Request(ShimOp.Ioctl, IoasAlloc)));
        }
        using (var client = new RawClient(bridge.Socket))
            Assert.Equal(-(long)Errno.EBADF, await client.CallAsync(RawClient.Request(ShimOp.Open, 3)));
        await AssertNothingLeftAsync(bridge);
    }

    [Theory]
    [InlineData((uint)ShimOp.Open, Errno.EINVAL)]
    [InlineData((uint)ShimOp.Status, Errno.EINVAL)]
    [InlineData((uint)ShimOp.Read, Errno.EINVAL)]
    [InlineData((uint)ShimOp.Write, Errno.EINVAL)]
    [InlineData(0xffffffffu, Errno.EINVAL)]
    [InlineData((uint)ShimOp.Ioctl, Errno.ENOTTY)]
    [InlineData((uint)ShimOp.Mmap, Errno.EINVAL)]
    public async Task A_request_that_means_nothing_is_an_errno(uint op, Errno errno)
    {
        await using var bridge = new BridgeHarness();
        using (var client = new RawClient(bridge.Socket))
        {
            Assert.Equal(0, await client.CallAsync(RawClient.Request(ShimOp.Open)));
            var wild = RawClient.Request((ShimOp)op, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);
            Assert.Equal(-(long)errno, await client.CallAsync(wild));
        }
        await AssertNothingLeftAsync(bridge);
    }

    [Fact]
    public async Task Who_never_reads_its_answers_stops_only_itself()
    {
        await using var bridge = new BridgeHarness();
        using (var other = new RawClient(bridge.Socket))
        using (var client = new RawClient(bridge.Socket))
        {
            Assert.Equal(0, await other.CallAsync(RawClient.Request(ShimOp.Open)));
            client.Send(RawClient.Request(ShimOp.Open));
            var sent = 0;
            for (var i = 0; i < 20_000; i++)
                if (client.Send(RawClient.Request(ShimOp.Ioctl, IoasAlloc, 1))) sent++;
            Assert.InRange(sent, 1, 20_000);
            Assert.Equal(-(long)Errno.EFAULT, await other.CallAsync(RawClient.Request(ShimOp.Ioctl, IoasAlloc, 1)));
        }
        await AssertNothingLeftAsync(bridge);
    }

    [Fact]
    public async Task Who_is_gone_before_its_call_is_served_leaves_nothing()
    {
        await using var bridge = new BridgeHarness();
        for (var i = 0; i < 200; i++)
        {
            using var client = new RawClient(bridge.Socket);
            client.Send(RawClient.Request(ShimOp.Open));
            for (var call = 0; call < i % 5; call++) client.Send(RawClient.Request(ShimOp.Ioctl, IoasAlloc, 1));
        }
        await AssertNothingLeftAsync(bridge);
    }

    [Fact]
    public async Task Another_server_at_the_same_socket_is_refused_and_a_dead_ones_socket_is_taken_over()
    {
        using var folder = new Cli.TempFolder();
        var socket = folder["own/socket"];
        await using (BridgedMachine.Start(socket, _ => { }))
        {
            var refused = Assert.Throws<BridgeException>(() => BridgedMachine.Start(socket, _ => { }));
            Assert.Contains("another simulator serves there", refused.Message);
        }
        Assert.False(Directory.Exists(Path.GetDirectoryName(socket)));
        Assert.Equal(0, Libc.mkdir(Path.GetDirectoryName(socket)!, 0x1c0));
        await File.WriteAllTextAsync(socket, "");
        await using var machine = BridgedMachine.Start(socket, _ => { });
        using var client = new RawClient(socket);
        Assert.Equal(0, await client.CallAsync(RawClient.Request(ShimOp.Open)));
    }

    [Fact]
    public void A_folder_that_others_can_enter_is_refused()
    {
        using var folder = new Cli.TempFolder();
        var path = folder["open"];
        Assert.Equal(0, Libc.mkdir(path, 0x1c9));
        var refused = Assert.Throws<BridgeException>(() => BridgedMachine.Start(Path.Combine(path, "socket"), _ => { }));
        Assert.Contains("yours alone", refused.Message);
        var tooLong = Path.Combine(path, new string('x', 100));
        Assert.Contains("at most", Assert.Throws<BridgeException>(() => BridgedMachine.Start(tooLong, _ => { })).Message);
    }

    /// <summary>This process has called, and lives on.</summary>
    private static async Task AssertNothingLeftAsync(BridgeHarness bridge) => await bridge.AssertNothingLeftAsync(Environment.ProcessId);

    private static byte[] Bytes(ShimRequest request) =>
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<ShimRequest>(in request)).ToArray();
}
