using Iommu.Hardware.Drivers;
using Iommu.Hardware.Mock;
using Iommu.Messages;

namespace Iommu.Actors.Selftest;

/// <summary>A mock device on its way into a context.</summary>
/// <param name="Id">The id that is reserved for the object that will own it.</param>
/// <param name="Device">The device, plugged in.</param>
/// <param name="Flags">What it was made with.</param>
internal sealed record OwnedDevice(ObjectId Id, PhysicalDevice Device, MockDeviceFlags Flags);

/// <summary>From a builder to the context: bind this device. As <see cref="DeviceBind"/>, and the journal knows whose it is.</summary>
internal sealed record BindOwned(OwnedDevice Owned);

/// <summary>
/// From a builder to the context: nothing has come of it, and everything is undone; free the reserved id and answer the sender.
/// </summary>
internal sealed record GiveUp(ObjectId Id, Errno Errno);

/// <summary>To the context, after a recovery: the process has the file of this access still; make who is behind it again.</summary>
internal sealed record MockAccessReopen(ObjectId Access) : SelftestCall;

/// <summary>
/// To an access that has come back without its owner: the sender owns it from now on. ENOENT when it is leaving, EBUSY when it has one.
/// </summary>
internal sealed record OwnAccess
{
    public static readonly OwnAccess Instance = new();
}

/// <summary>From the file of an access: its last descriptor is closed.</summary>
internal sealed record AccessFileClosed
{
    public static readonly AccessFileClosed Instance = new();
}

/// <summary>A range that the file of an access has pinned.</summary>
internal sealed record PinnedRange(uint Number, ulong Iova, ulong LengthBytes)
{
    public bool Overlaps(ulong iova, ulong lengthBytes) =>
        iova <= Iova + (LengthBytes - 1) && iova + (lengthBytes - 1) >= Iova;
}
