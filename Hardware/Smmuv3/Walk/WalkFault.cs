using Iommu.Hardware.Smmuv3.Formats;

namespace Iommu.Hardware.Smmuv3.Walk;

/// <summary>Why a walk ended: the event, the stage it is of, and the second address of its record.</summary>
internal readonly record struct WalkFault(EventType Type, bool IsStage2, ulong Address);
