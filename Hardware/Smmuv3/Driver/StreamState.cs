using Iommu.Hardware.Drivers;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>
/// What the driver keeps of one device. Whoever attaches it changes it, one at a time; its guest is looked up from other threads.
/// </summary>
internal sealed class StreamState(ContextTable contexts)
{
    private GuestStream? _guest;

    public ContextTable Contexts { get; } = contexts;

    /// <summary>Whether its ATC may hold anything.</summary>
    public bool AtsEnabled { get; set; }

    /// <summary>What it is attached to without a PASID; null when that is blocked.</summary>
    public IDomain? Domain { get; set; }

    /// <summary>PASIDs that are attached.</summary>
    public HashSet<uint> Pasids { get; } = [];

    /// <summary>The guest that is told of its events; null when none has it.</summary>
    public GuestStream? Guest
    {
        get => Volatile.Read(ref _guest);
        set => Volatile.Write(ref _guest, value);
    }
}

/// <summary>A device as a guest knows it, from when it was attached through a vIOMMU.</summary>
internal sealed record GuestStream(Smmuv3Viommu Viommu, uint VirtualId);
