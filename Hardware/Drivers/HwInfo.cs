using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Drivers;

/// <summary>The answer of IOMMU_GET_HW_INFO: the type and the bytes of its structure in linux/iommufd.h, little endian.</summary>
public sealed record HwInfo(HwInfoType Type, ReadOnlyMemory<byte> Data);
