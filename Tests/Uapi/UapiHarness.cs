using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iommu.Actors.Uapi;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Uapi;

/// <summary>A process with an open /dev/iommu that it calls with structures in its own memory, on two trivial IOMMUs.</summary>
internal sealed class UapiHarness : IAsyncDisposable
{
    /// <summary>Where the next structure is put; arrays and data of it go above <see cref="Arrays"/>.</summary>
    public const ulong Structure = 0x20_0000;

    public const ulong Arrays = 0x30_0000;

    /// <summary>An address that the process has not.</summary>
    public const ulong Nowhere = 0x10;

    public SimulatorHarness Iommu { get; } = new();

    public IommufdFile File { get; private set; } = null!;

    public UserProcess Process => Iommu.Process;

    public async Task<UapiHarness> OpenAsync()
    {
        await Iommu.OpenAsync();
        File = new IommufdFile(Iommu.Context, test: true);
        return this;
    }

    /// <summary>Puts bytes into the process's memory and has it call with their address.</summary>
    public Task<long> Raw(Ioctl number, ReadOnlySpan<byte> structure)
    {
        Assert.Equal(Errno.None, Process.Memory.Write(Structure, structure));
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

    public T Read<T>(ulong address) where T : unmanaged
    {
        var bytes = new byte[Unsafe.SizeOf<T>()];
        Assert.Equal(Errno.None, Process.Memory.Read(address, bytes));
        return MemoryMarshal.Read<T>(bytes);
    }

    public byte[] ReadBytes(ulong address, int count)
    {
        var bytes = new byte[count];
        Assert.Equal(Errno.None, Process.Memory.Read(address, bytes));
        return bytes;
    }

    public void Write(ulong address, ReadOnlySpan<byte> bytes) => Assert.Equal(Errno.None, Process.Memory.Write(address, bytes));

    public static byte[] Bytes<T>(T value) where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();

    public ValueTask DisposeAsync() => Iommu.DisposeAsync();
}
