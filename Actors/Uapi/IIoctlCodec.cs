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

    /// <summary>Whether the structure of this call is copied out. It must be writable then before anything is done.</summary>
    bool CopiesOut(ReadOnlySpan<byte> command);

    /// <summary>The typed call; or why it is refused before any object is looked up: a reserved field, a bad address.</summary>
    Result<Call> Decode(ReadOnlySpan<byte> command, UserProcess caller);

    /// <summary>Whether this answer is written back.</summary>
    bool Responds(Answer answer);

    /// <summary>Puts an answer into the structure, and into the arrays that it names.</summary>
    /// <returns>EFAULT when an array cannot be written.</returns>
    Errno Encode(Answer answer, Span<byte> command, UserProcess caller);

    /// <summary>The answer is copied out: what could not be shown before that is shown now.</summary>
    /// <returns>What the ioctl returns.</returns>
    long Complete(ReadOnlySpan<byte> command, Answer answer, UserProcess caller);

    /// <summary>
    /// Takes back a call that succeeded, when its answer cannot be copied out: gives its descriptor back, and names the call that undoes
    /// the rest; null when nothing is left to undo.
    /// </summary>
    Call? Undo(ReadOnlySpan<byte> command, Answer answer, UserProcess caller);
}
