using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Uapi;

namespace Iommu.Tests.Vfio;

/// <summary>A container as VFIO's users have it: a compatibility IOAS, with a mock device on it or without, and a type.</summary>
internal sealed class VfioHarness : IAsyncDisposable
{
    public MockUapiHarness Uapi { get; } = new();

    public ObjectId Ioas { get; private set; }

    /// <summary>An open file without a compatibility IOAS.</summary>
    public async Task<VfioHarness> OpenAsync()
    {
        await Uapi.OpenAsync();
        return this;
    }

    /// <summary>One that has an IOAS, a device on it if asked for, and a type.</summary>
    public async Task<VfioHarness> SetUpAsync(VfioExtension type, bool device = true)
    {
        await OpenAsync();
        Ioas = new ObjectId(await Uapi.Ioas());
        if (device) await Uapi.Device(Ioas.Value);
        await Uapi.Succeed(Ioctl.VfioIoas, new IommuVfioIoas { IoasId = Ioas.Value, Op = VfioIoasOp.Set });
        Assert.Equal(0, await Value(VfioIoctl.SetIommu, (ulong)type));
        return this;
    }

    /// <summary>A call with a value in place of a structure.</summary>
    public Task<long> Value(VfioIoctl number, ulong argument) => Uapi.File.IoctlAsync(Uapi.Process, (uint)number, argument);

    /// <summary>A call with a structure, and what the structure is after it.</summary>
    public async Task<(Errno Errno, T After)> Call<T>(VfioIoctl number, T structure) where T : unmanaged
    {
        Uapi.Write(Uapi.Structure, structure);
        var result = await Value(number, Uapi.Structure);
        return ((Errno)(-result), Uapi.Read<T>(Uapi.Structure));
    }

    public Task<(Errno Errno, VfioIommuType1DmaMap After)> Map(ulong iova, ulong size, ulong offset = 0) =>
        Call(VfioIoctl.IommuMapDma, MapCall(iova, size, offset));

    public VfioIommuType1DmaMap MapCall(ulong iova, ulong size, ulong offset = 0) => new()
    {
        Argsz = 32,
        Flags = VfioMapFlags.Read | VfioMapFlags.Write,
        Vaddr = Uapi.Arrays + offset,
        Iova = iova,
        Size = size,
    };

    /// <summary>The errno, and the size as it was written back.</summary>
    public async Task<(Errno Errno, ulong Size)> Unmap(ulong iova, ulong size, VfioUnmapFlags flags = VfioUnmapFlags.None)
    {
        var call = new VfioIommuType1DmaUnmap { Argsz = 24, Flags = flags, Iova = iova, Size = size };
        var (errno, after) = await Call(VfioIoctl.IommuUnmapDma, call);
        return (errno, after.Size);
    }

    public ValueTask DisposeAsync() => Uapi.DisposeAsync();
}
