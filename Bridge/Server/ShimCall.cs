using System.Runtime.InteropServices;
using Iommu.Bridge.Native;
using Iommu.Bridge.Protocol;
using Iommu.Messages;

namespace Iommu.Bridge.Server;

/// <summary>A request that waits for its reply. It is replied to once: a second reply changes nothing.</summary>
/// <param name="request">What is asked.</param>
/// <param name="caller">The process that asks, as the kernel says.</param>
/// <param name="replyOn">Where its thread waits.</param>
/// <param name="along">Sockets that came along with it.</param>
internal sealed class ShimCall(ShimRequest request, Credentials caller, Descriptor replyOn, IReadOnlyList<SocketIdentity> along)
{
    private int _replied;

    public ShimRequest Request { get; } = request;

    public Credentials Caller { get; } = caller;

    /// <summary>The program's end of the connection; null when it does not say which that is.</summary>
    public SocketIdentity? OwnSocket => along is [var own, ..] ? own : null;

    /// <summary>Its socket whose server has died; null when there is none.</summary>
    public SocketIdentity? DeadSocket => along is [_, var dead, ..] ? dead : null;

    /// <summary>Answers with an errno.</summary>
    public void Refuse(Errno errno) => Reply(-(long)errno);

    /// <summary>Answers with a value, 0 or more, or the negative of an errno.</summary>
    public void Reply(long result) => Reply(result, ShimReplyFlags.None, null, 0);

    /// <summary>Answers with a descriptor of the caller's own for an open file.</summary>
    /// <param name="result">As of a call without one.</param>
    /// <param name="flags">What the caller does with it.</param>
    /// <param name="descriptor">Closed here once it is on its way.</param>
    /// <param name="address">Where its number is stored, with <see cref="ShimReplyFlags.DescriptorIsStored"/>.</param>
    public void Reply(long result, ShimReplyFlags flags, Descriptor? descriptor, ulong address)
    {
        if (Interlocked.Exchange(ref _replied, 1) == 0)
        {
            var reply = new ShimReply
            {
                Magic = ShimRequest.ExpectedMagic, Flags = flags, Sequence = Request.Sequence, Result = result, DescriptorAddress = address,
            };
            // A copy that was still here when the caller closes its own would put that close off.
            if (descriptor is not null)
            {
                Send(reply with { Flags = ShimReplyFlags.DescriptorComes }, descriptor);
                descriptor.Dispose();
            }
            Send(reply, null);
            replyOn.Dispose();
        }
        descriptor?.Dispose();
    }

    private void Send(in ShimReply reply, Descriptor? descriptor) =>
        SeqPacket.Send(replyOn, MemoryMarshal.AsBytes(new ReadOnlySpan<ShimReply>(in reply)), descriptor);
}
