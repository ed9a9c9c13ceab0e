using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>
/// Every ioctl of iommufd: its number, what a caller's structure must at least have, and its codec (main.c, iommufd_ioctl_ops).
/// </summary>
internal static class IoctlTable
{
    /// <summary>IOMMUFD_CMD_BASE: smaller numbers are VFIO's.</summary>
    public const uint NumberBase = 0x80;

    public static readonly IReadOnlyList<IoctlOperation> Operations =
    [
        new(Ioctl.Destroy, IommuDestroy.SizeMinBytes, new DestroyCodec()),
        new(Ioctl.IoasAlloc, IommuIoasAlloc.SizeMinBytes, new IoasAllocCodec()),
        new(Ioctl.IoasAllowIovas, IommuIoasAllowIovas.SizeMinBytes, new IoasAllowIovasCodec()),
        new(Ioctl.IoasCopy, IommuIoasCopy.SizeMinBytes, new IoasCopyCodec()),
        new(Ioctl.IoasIovaRanges, IommuIoasIovaRanges.SizeMinBytes, new IoasIovaRangesCodec()),
        new(Ioctl.IoasMap, IommuIoasMap.SizeMinBytes, new IoasMapCodec()),
        new(Ioctl.IoasUnmap, IommuIoasUnmap.SizeMinBytes, new IoasUnmapCodec()),
        new(Ioctl.Option, IommuOption.SizeMinBytes, new OptionCodec()),
        new(Ioctl.VfioIoas, IommuVfioIoas.SizeMinBytes, new VfioIoasCodec()),
        new(Ioctl.HwptAlloc, IommuHwptAlloc.SizeMinBytes, new HwptAllocCodec()),
        new(Ioctl.GetHwInfo, IommuHwInfo.SizeMinBytes, new GetHwInfoCodec()),
        new(Ioctl.HwptSetDirtyTracking, IommuHwptSetDirtyTracking.SizeMinBytes, new HwptSetDirtyTrackingCodec()),
        new(Ioctl.HwptGetDirtyBitmap, IommuHwptGetDirtyBitmap.SizeMinBytes, new HwptGetDirtyBitmapCodec()),
        new(Ioctl.HwptInvalidate, IommuHwptInvalidate.SizeMinBytes, new HwptInvalidateCodec()),
        new(Ioctl.FaultQueueAlloc, IommuFaultAlloc.SizeMinBytes, new FaultQueueAllocCodec()),
        new(Ioctl.IoasMapFile, IommuIoasMapFile.SizeMinBytes, new IoasMapFileCodec()),
        new(Ioctl.ViommuAlloc, IommuViommuAlloc.SizeMinBytes, new ViommuAllocCodec()),
        new(Ioctl.VdeviceAlloc, IommuVdeviceAlloc.SizeMinBytes, new VdeviceAllocCodec()),
        new(Ioctl.IoasChangeProcess, IommuIoasChangeProcess.SizeMinBytes, new IoasChangeProcessCodec()),
        new(Ioctl.VeventqAlloc, IommuVeventqAlloc.SizeMinBytes, new VeventqAllocCodec()),
        new(Ioctl.HwQueueAlloc, IommuHwQueueAlloc.SizeMinBytes, new HwQueueAllocCodec()),
        new(Ioctl.IoasNoiommuGetPa, IommuIoasNoiommuGetPa.SizeMinBytes, new IoasNoiommuGetPaCodec()),
        new(Ioctl.TestCmd, IommuTestCmd.SizeMinBytes, new TestCmdCodec()),
    ];

    private static readonly Dictionary<uint, IoctlOperation> ByNumber = Operations.ToDictionary(operation => (uint)operation.Number);

    /// <summary>Whether a command is outside the table, and looked up among VFIO's. The test command is last.</summary>
    public static bool IsVfio(uint command, bool test) =>
        (command & 0xff) is var number && (number < NumberBase || number > ((uint)(test ? Ioctl.TestCmd : Ioctl.IoasNoiommuGetPa) & 0xff));

    /// <summary>Null when there is no such ioctl: another number, another type, or a direction and a size in it.</summary>
    public static IoctlOperation? Find(uint command) => ByNumber.GetValueOrDefault(command);
}

/// <summary>One row of the table.</summary>
internal sealed record IoctlOperation(Ioctl Number, int SizeMinBytes, IIoctlCodec Codec);
