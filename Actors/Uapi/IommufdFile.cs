using Iommu.Actors.Contexts;
using Iommu.Actors.Core;
using Iommu.Actors.Selftest;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>
/// An open /dev/iommu as a process has it: ioctls in their binary form, over the caller's memory. The context is closed when nobody
/// holds the file any more: no descriptor, no mapping, no event file that came of it, and no call that is under way.
/// </summary>
/// <param name="context">The context that was opened for it.</param>
/// <param name="test">Whether it takes IOMMU_TEST_CMD, as a kernel with CONFIG_IOMMUFD_TEST does.</param>
public sealed class IommufdFile(IommufdContext context, bool test = false) : IOpenFile
{
    private readonly TaskCompletionSource<Answer> _ended = new();
    private int _holders = 1;

    public IommufdContext Context => context;

    /// <summary>open(2) of a device node. The file is not a descriptor yet.</summary>
    /// <param name="simulator">The machine, and the journal.</param>
    /// <param name="node">Which node.</param>
    /// <param name="name">What the journal knows the context by.</param>
    /// <param name="process">Who opens it.</param>
    /// <param name="failures">Which steps of its calls fail; null for none.</param>
    /// <exception cref="RestoreException">The journal does not fit this machine.</exception>
    /// <exception cref="InvalidOperationException">A context of that name is open.</exception>
    public static async Task<IommufdFile> OpenAsync(
        IommuSimulator simulator, DeviceNode node, string name, UserProcess process, IFailureInjection? failures = null) =>
        new(await simulator.OpenAsync(name, process, failures, node), simulator.HasSelftest);

    /// <summary>Whether nobody holds it any more: its context is ended, or is being ended.</summary>
    public bool IsClosed => Volatile.Read(ref _holders) == 0;

    /// <summary>The answer to the context's <see cref="Close"/>.</summary>
    public Task<Answer> Ended => _ended.Task;

    /// <summary>ioctl(2).</summary>
    /// <param name="caller">Who calls: whose memory, files and rights count.</param>
    /// <param name="command">The ioctl's number, as its macro has it.</param>
    /// <param name="argument">The address of its structure; for some of VFIO's a value.</param>
    /// <returns>0 or a positive value; a negative errno.</returns>
    public async Task<long> IoctlAsync(UserProcess caller, uint command, ulong argument)
    {
        Hold();
        try
        {
            return IoctlTable.IsVfio(command, test)
                ? await VfioIoctls.CallAsync(context.As(caller), caller, command, argument)
                : await CallAsync(caller, command, argument);
        }
        finally
        {
            Closed();
        }
    }

    /// <summary>mmap(2) of the file: a region of a vIOMMU. The mapping keeps the file open, until <see cref="MunmapAsync"/>.</summary>
    /// <param name="offset">What the creation of the vIOMMU returned.</param>
    /// <param name="lengthBytes">Length.</param>
    /// <param name="protection">PROT_*.</param>
    /// <param name="kind">MAP_SHARED, or what is refused.</param>
    /// <returns>The physical address of the region; a negative errno.</returns>
    public async Task<long> MmapAsync(ulong offset, ulong lengthBytes, MemoryProtection protection, MemoryMapKind kind)
    {
        Hold();
        var answer = await context.CallAsync(new Mmap(
            offset, lengthBytes, kind is MemoryMapKind.Shared or MemoryMapKind.SharedValidate, protection.HasFlag(MemoryProtection.Exec)));
        if (answer.Errno == Errno.None) return (long)answer.Value;
        Closed();
        return -(long)answer.Errno;
    }

    /// <summary>The end of a mapping.</summary>
    public async Task<long> MunmapAsync(ulong offset)
    {
        var answer = await context.CallAsync(new Munmap(offset));
        if (answer.Errno == Errno.None) Closed();
        return -(long)answer.Errno;
    }

    /// <summary>A mapping is there once more, in the child of a fork.</summary>
    public async Task<long> DuplicateMappingAsync(ulong offset)
    {
        var answer = await context.CallAsync(new MmapDuplicate(offset));
        if (answer.Errno == Errno.None) Hold();
        return -(long)answer.Errno;
    }

    /// <summary>
    /// One holder more, who gives it back by <see cref="Closed"/>: the descriptors of another process, which has inherited it or been
    /// passed it, an event file, a mapping.
    /// </summary>
    public IommufdFile Hold()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    public void Closed()
    {
        if (Interlocked.Decrement(ref _holders) == 0) EndAsync();
    }

    private async void EndAsync()
    {
        try
        {
            _ended.SetResult(await context.CloseAsync());
        }
        catch (Exception e)
        {
            _ended.SetException(e);
        }
    }

    /// <summary>
    /// In the kernel's order (main.c, iommufd_fops_ioctl), but for one thing: a structure that cannot be written back is refused before
    /// anything is done, so that there is nothing to take back.
    /// </summary>
    private async Task<long> CallAsync(UserProcess caller, uint command, ulong address)
    {
        if (caller.Memory.Read(address, out uint userSizeBytes) != Errno.None) return -(long)Errno.EFAULT;
        if (IoctlTable.Find(command) is not { } operation) return -(long)Errno.ENOTTY;
        if (userSizeBytes < operation.SizeMinBytes) return -(long)Errno.EINVAL;

        var codec = operation.Codec;
        var structure = new byte[codec.SizeBytes];
        var errno = caller.Memory.ReadStruct(address, userSizeBytes, structure);
        if (errno != Errno.None) return -(long)errno;

        var copied = structure.AsMemory(0, (int)Math.Min(userSizeBytes, (uint)structure.Length));
        var call = codec.Decode(structure, caller);
        var copiesOut = codec.CopiesOut(structure);
        if (!call.Failed && copiesOut && caller.Memory.Write(address, copied.Span) != Errno.None) return -(long)Errno.EFAULT;
        var answer = call.Failed ? call.Errno : await context.As(caller).CallAsync(call.Value!);
        if (answer.Errno == Errno.None) KeepOpen(call.Value!, answer, caller);
        if (!codec.Responds(answer)) return -(long)answer.Errno;

        errno = codec.Encode(answer, structure, caller);
        if (errno == Errno.None && copiesOut) errno = caller.Memory.Write(address, copied.Span);
        if (errno == Errno.None) return answer.Errno == Errno.None ? codec.Complete(structure, answer, caller) : -(long)answer.Errno;

        var undo = answer.Errno == Errno.None ? codec.Undo(structure, answer, caller) : null;
        if (undo is not null) await context.As(caller).CallAsync(undo);
        return -(long)errno;
    }

    /// <summary>While a file that a call made is open, the context is too.</summary>
    private void KeepOpen(Call call, Answer answer, UserProcess caller)
    {
        if (answer is EventQueueAnswer queue) queue.File.Keep(Hold());
        if (call is not MockAccessCreate || caller.Files.Find((int)answer.Value) is not MockAccessFile access) return;
        Hold();
        if (!access.TryKeep(this)) Closed();
    }
}
