using Iommu.Hardware.Amd.Formats;

namespace Iommu.Hardware.Amd.Walk;

/// <summary>Why a walk ended.</summary>
/// <param name="Type">The event.</param>
/// <param name="Flags">Its flags, but for the kind of access; <see cref="EventFlags.Guest"/> when the guest's tables were at fault.</param>
/// <param name="Address">The address that faulted: guest virtual, or guest physical where the host's tables were at fault.</param>
internal readonly record struct WalkFault(EventType Type, EventFlags Flags, ulong Address);
