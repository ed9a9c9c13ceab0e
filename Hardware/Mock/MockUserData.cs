using System.Buffers.Binary;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Mock;

/// <summary>The structures of iommufd_test.h that come with calls, as 32-bit little-endian words.</summary>
internal static class MockUserData
{
    private const int HwptBytes = 8;
    private const int HwptBytesMin = 4;

    /// <summary>struct iommu_hwpt_selftest: iotlb, pagetable_type.</summary>
    /// <returns>EOPNOTSUPP another type; EINVAL shorter than its first word, or longer than both.</returns>
    public static Result<(uint Iotlb, uint Table)> Hwpt(UserData data)
    {
        if (data.Type != (uint)HwptDataType.Selftest) return Errno.EOPNOTSUPP;
        var copied = data.Copy((uint)HwptDataType.Selftest, HwptBytesMin, HwptBytes);
        return copied.Failed ? copied.Errno : (Word(copied.Value, 0), Word(copied.Value, 1));
    }

    public static uint Word(ReadOnlySpan<byte> bytes, int index) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[(index * 4)..]);
}
