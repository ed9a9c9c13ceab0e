using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iommu.Actors.Uapi;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Uapi;

/// <summary>A process that calls an open /dev/iommu with structures in its own memory.</summary>
internal abstract class UapiCaller
{
    /// <summary>An address that no process has.</summary>
    public const ulong Nowhere = 0x10;

    public abstract IommufdFile File { get; }

    public abstract UserProcess Process { get; }

    /// <summary>Where the structure of a call is put.</summary>
    public abstract ulong Structure { get; }

    /// <summary>Room for arrays and data that a structure names.</summary>
    public abstract ulong Arrays { get; }

    /// <summary>The first address behind the process's memory.</summary>
    public abstract ulong End { get; }

    /// <summary>Puts bytes into the process's memory and has it call with their address.</summary>
    public Task<long> Raw(Ioctl number, ReadOnlySpan<byte> structure)
    {
        Write(Structure, structure);
        return File.IoctlAsync(Process, (uint)number, Structure);
    }

    /// <summary>A call with a structure of today's size, and what the structure is after it.</summary>
    public async Task<(Errno Errno, T After)> Call<T>(Ioctl number, T structure) where T : unmanaged
    {
        var bytes = Bytes(structure);
        BitConverter.TryWriteBytes(bytes, bytes.Length);
        var result = await Raw(number, bytes);
        return ((Errno)(-result), Read<T>(Structure));
    }

    /// <summary>A call that must succeed.</summary>
    public async Task<T> Succeed<T>(Ioctl number, T structure) where T : unmanaged
    {
        var (errno, after) = await Call(number, structure);
        Assert.Equal(Errno.None, errno);
        return after;
    }

    public async Task Expect<T>(Errno errno, Ioctl number, T structure) where T : unmanaged =>
        Assert.Equal(errno, (await Call(number, structure)).Errno);

    public async Task<uint> Ioas() => (await Succeed(Ioctl.IoasAlloc, new IommuIoasAlloc())).OutIoasId;

    public T Read<T>(ulong address) where T : unmanaged => MemoryMarshal.Read<T>(ReadBytes(address, Unsafe.SizeOf<T>()));

    public byte[] ReadBytes(ulong address, int count)
    {
        var bytes = new byte[count];
        Assert.Equal(Errno.None, Process.Memory.Read(address, bytes));
        return bytes;
    }

    public void Write(ulong address, ReadOnlySpan<byte> bytes) => Assert.Equal(Errno.None, Process.Memory.Write(address, bytes));

    public void Write<T>(ulong address, T value) where T : unmanaged => Write(address, Bytes(value));

    public static byte[] Bytes<T>(T value) where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
}
