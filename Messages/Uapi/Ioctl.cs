namespace Iommu.Messages.Uapi;

/// <summary>The ioctl numbers of linux/iommufd.h, <c>_IO(';', nr)</c>: nr from 0x80 up, without direction and size.</summary>
public enum Ioctl : uint
{
    Destroy = 0x3b80,
    IoasAlloc = 0x3b81,
    IoasAllowIovas = 0x3b82,
    IoasCopy = 0x3b83,
    IoasIovaRanges = 0x3b84,
    IoasMap = 0x3b85,
    IoasUnmap = 0x3b86,
    Option = 0x3b87,
    VfioIoas = 0x3b88,
    HwptAlloc = 0x3b89,
    GetHwInfo = 0x3b8a,
    HwptSetDirtyTracking = 0x3b8b,
    HwptGetDirtyBitmap = 0x3b8c,
    HwptInvalidate = 0x3b8d,
    FaultQueueAlloc = 0x3b8e,
    IoasMapFile = 0x3b8f,
    ViommuAlloc = 0x3b90,
    VdeviceAlloc = 0x3b91,
    IoasChangeProcess = 0x3b92,
    VeventqAlloc = 0x3b93,
    HwQueueAlloc = 0x3b94,
    IoasNoiommuGetPa = 0x3b95,
    /// <summary>IOMMU_TEST_CMD of iommufd_test.h: only with a mock device.</summary>
    TestCmd = 0x3ba0,
}
