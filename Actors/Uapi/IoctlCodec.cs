using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors.Uapi;

/// <summary>A codec of an ioctl that writes nothing back.</summary>
internal abstract class IoctlCodec<T> : IIoctlCodec where T : unmanaged
{
    public int SizeBytes => Unsafe.SizeOf<T>();

    public bool CopiesOut(ReadOnlySpan<byte> command) => CopiesOut(in Of(command));

    public virtual bool Responds(Answer answer) => answer.Errno == Errno.None;

    public Result<Call> Decode(ReadOnlySpan<byte> command, UserProcess caller) => Decode(in Of(command), caller);

    public Errno Encode(Answer answer, Span<byte> command, UserProcess caller) =>
        Encode(answer, ref MemoryMarshal.AsRef<T>(command), caller);

    public virtual long Complete(ReadOnlySpan<byte> command, Answer answer, UserProcess caller) => 0;

    public Call? Undo(ReadOnlySpan<byte> command, Answer answer, UserProcess caller) => Undo(in Of(command), answer, caller);

    protected static ref readonly T Of(ReadOnlySpan<byte> command) => ref MemoryMarshal.AsRef<T>(command);

    protected virtual bool CopiesOut(in T command) => false;

    protected abstract Result<Call> Decode(in T command, UserProcess caller);

    protected virtual Errno Encode(Answer answer, ref T command, UserProcess caller) => Errno.None;

    protected virtual Call? Undo(in T command, Answer answer, UserProcess caller) => null;
}

/// <summary>A codec of an ioctl whose structure is copied out when it succeeds.</summary>
internal abstract class AnsweringCodec<T> : IoctlCodec<T> where T : unmanaged
{
    protected override bool CopiesOut(in T command) => true;

    protected abstract override Errno Encode(Answer answer, ref T command, UserProcess caller);
}

/// <summary>A codec of an ioctl that makes an object, whose id is copied out.</summary>
internal abstract class CreatingCodec<T> : AnsweringCodec<T> where T : unmanaged
{
    protected override Call? Undo(in T command, Answer answer, UserProcess caller) => new Destroy(answer.Id);
}
