using Iommu.Messages.Uapi;

namespace Iommu.Messages;

/// <summary>The answer to <see cref="GetHwInfo"/>.</summary>
/// <param name="Errno">0, or why not.</param>
/// <param name="Type">The type of the data.</param>
/// <param name="Data">The bytes of its structure in linux/iommufd.h.</param>
/// <param name="Capabilities">out_capabilities.</param>
/// <param name="MaxPasidLog2">PASIDs that the device may use: below 2^this; 0 for none.</param>
public sealed record HwInfoAnswer(
    Errno Errno, HwInfoType Type, ReadOnlyMemory<byte> Data,
    HwCapabilities Capabilities = HwCapabilities.None, byte MaxPasidLog2 = 0) : Answer(Errno);
