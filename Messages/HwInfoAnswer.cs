using Iommu.Messages.Uapi;

namespace Iommu.Messages;

/// <summary>The answer to <see cref="GetHwInfo"/>: the type and the bytes of its structure in linux/iommufd.h.</summary>
public sealed record HwInfoAnswer(Errno Errno, HwInfoType Type, ReadOnlyMemory<byte> Data);
