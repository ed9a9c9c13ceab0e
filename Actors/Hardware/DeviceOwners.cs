using System.Collections.Concurrent;
using Iommu.Hardware.Drivers;

namespace Iommu.Actors.Hardware;

/// <summary>Which context has claimed which device: at most one each. Shared by all contexts of a machine.</summary>
internal sealed class DeviceOwners
{
    private readonly ConcurrentDictionary<PhysicalDevice, string> _owners = new();

    /// <summary>False when another context, or this one, owns it already.</summary>
    public bool TryClaim(PhysicalDevice device, string context) => _owners.TryAdd(device, context);

    public void Disclaim(PhysicalDevice device) => _owners.TryRemove(device, out _);

    /// <summary>Gives up whatever a context that is gone still owns.</summary>
    public void DisclaimAll(string context)
    {
        foreach (var claim in _owners.Where(claim => claim.Value == context)) _owners.TryRemove(claim);
    }
}
