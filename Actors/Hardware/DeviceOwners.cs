using Akka.Actor;
using Iommu.Hardware.Drivers;

namespace Iommu.Actors.Hardware;

/// <summary>
/// Which context has claimed which device: at most one each, and the same one for every device of a group
/// (iommu_device_claim_dma_owner). Shared by all contexts of a machine.
/// </summary>
internal sealed class DeviceOwners
{
    private readonly Dictionary<IommuGroup, Claims> _claims = [];

    /// <summary>False when the device is claimed, or another context has a device of its group.</summary>
    public bool TryClaim(PhysicalDevice device, string context)
    {
        lock (_claims)
        {
            if (!_claims.TryGetValue(device.Group, out var claims)) _claims[device.Group] = claims = new Claims(context, []);
            return claims.Owner == context && claims.Devices.Add(device);
        }
    }

    /// <summary>Names the actor of a group that has been claimed.</summary>
    public void Appoint(IommuGroup group, IActorRef actor)
    {
        lock (_claims) _claims[group] = _claims[group] with { Actor = actor };
    }

    /// <summary>Who has the attachments of a device; null when nobody owns it.</summary>
    public IActorRef? GroupOf(PhysicalDevice device)
    {
        lock (_claims) return _claims.GetValueOrDefault(device.Group)?.Actor;
    }

    public void Disclaim(PhysicalDevice device)
    {
        lock (_claims)
        {
            if (!_claims.TryGetValue(device.Group, out var claims)) return;
            claims.Devices.Remove(device);
            if (claims.Devices.Count == 0) _claims.Remove(device.Group);
        }
    }

    /// <summary>Gives up whatever a context that is gone still owns.</summary>
    public void DisclaimAll(string context)
    {
        lock (_claims)
            foreach (var group in _claims.Where(claim => claim.Value.Owner == context).Select(claim => claim.Key).ToList())
                _claims.Remove(group);
    }

    private sealed record Claims(string Owner, HashSet<PhysicalDevice> Devices, IActorRef? Actor = null);
}
