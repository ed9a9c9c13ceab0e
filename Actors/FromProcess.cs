using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors;

/// <summary>A call for which it matters whose it is: whose memory or files it names, or who is charged for it.</summary>
internal sealed record FromProcess(Call Call, UserProcess Process);
