namespace Iommu.Hardware.Mock;

/// <summary>What a mock device is made with (MOCK_FLAGS_DEVICE_* of iommufd_test.h).</summary>
[Flags]
public enum MockDeviceFlags : uint
{
    None = 0,
    /// <summary>Its writes leave no dirty bits, and no domain that tracks them will do for it.</summary>
    NoDirty = 1 << 0,
    /// <summary>It has 2^20 PASIDs.</summary>
    Pasid = 1 << 2,
}
