using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors.Uapi;

/// <summary>
/// The binary form of one ioctl: its structure into a typed call, and the answer back. It reads and writes the arrays that the
/// structure names in the caller's memory, and does nothing else.
/// </summary>
internal interface IIoctlCodec
{
    /// <summary>Bytes of the structure as known here.</summary>
    int SizeBytes { get; }

    /// <summary>Whether the structure is ever copied out. It must be writable then before anything is done.</summary>
    bool CopiesOut { get; }

    /// <summary>The typed call; or why it is refused before any object is looked up: a reserved field, a bad address.</summary>
    Result<Call> Decode(ReadOnlySpan<byte> command, UserProcess caller);

    /// <summary>Whether this answer is written back.</summary>
    bool Responds(Answer answer);

    /// <summary>Puts an answer into the structure, and into the arrays that it names.</summary>
    /// <returns>EFAULT when an array cannot be written.</returns>
    Errno Encode(Answer answer, Span<byte> command, UserProcess caller);

    /// <summary>What the ioctl returns when it succeeds.</summary>
    long Value(ReadOnlySpan<byte> command, Answer answer);

    /// <summary>
    /// Takes back a call that succeeded, when its answer cannot be copied out: closes its descriptor, and names the call that undoes
    /// the rest; null when nothing is left to undo.
    /// </summary>
    Call? Undo(ReadOnlySpan<byte> command, Answer answer, UserProcess caller);
}
