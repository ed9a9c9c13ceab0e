using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Trivial;

/// <summary>What a trivial IOMMU has of devices: where they are, what they can do, how their faults were answered.</summary>
internal sealed partial class TrivialIommu
{
    private readonly Dictionary<(PhysicalDevice Device, uint Pasid), IDomain> _places = [];
    private readonly List<Response> _responses = [];
    private readonly SemaphoreSlim _unseen = new(0);
    private int _seen;

    /// <summary>What each device can do.</summary>
    public Func<PhysicalDevice, DeviceCapabilities> CapabilitiesOf { get; set; } = _ => new DeviceCapabilities();

    /// <summary>What each device cannot reach.</summary>
    public Func<PhysicalDevice, IovaRange[]> RegionsOf { get; set; } = _ => [];

    /// <summary>Why a device is not moved to a domain; none for every one that is.</summary>
    public Func<PhysicalDevice, IDomain, Errno> Refuse { get; set; } = (_, _) => Errno.None;

    public bool HasPasids { get; set; }

    /// <summary>How often a device was moved or blocked.</summary>
    public int Moves { get; private set; }

    public IReadOnlyList<Response> Responses
    {
        get
        {
            lock (_responses) return [.. _responses];
        }
    }

    /// <summary>The next answer to a group of page faults that has not been looked at.</summary>
    /// <exception cref="TimeoutException">None comes.</exception>
    public async Task<Response> NextResponseAsync()
    {
        if (!await _unseen.WaitAsync(TimeSpan.FromSeconds(10))) throw new TimeoutException("no page fault was answered");
        return Responses[_seen++];
    }

    /// <summary>The domain that an address space of a device is on; null when it is blocked.</summary>
    public IDomain? PlaceOf(PhysicalDevice device, uint pasid = 0)
    {
        lock (_places) return _places.GetValueOrDefault((device, pasid));
    }

    /// <summary>Every address space that is on a domain, in order.</summary>
    public IReadOnlyList<(string Device, uint Pasid, IDomain Domain)> Places
    {
        get
        {
            lock (_places)
                return [.. from place in _places
                    orderby place.Key.Device.Name, place.Key.Pasid
                    select (place.Key.Device.Name, place.Key.Pasid, place.Value)];
        }
    }

    public DeviceCapabilities Capabilities(PhysicalDevice device) => CapabilitiesOf(device);

    public IReadOnlyList<IovaRange> ReservedRegions(PhysicalDevice device) => RegionsOf(device);

    public Result<IEnumerable<CommandBatch>> AttachPasid(PhysicalDevice device, uint pasid, IDomain? from, IDomain? to)
    {
        if (!HasPasids) return Errno.EOPNOTSUPP;
        if (to is not null && Refuse(device, to) is var errno and not Errno.None) return errno;
        return new Result<IEnumerable<CommandBatch>>(Errno.None, Moved(device, pasid, from, to));
    }

    public IEnumerable<CommandBatch> RespondToFaults(PhysicalDevice device, IReadOnlyList<PageFault> group, PageResponseCode code)
    {
        lock (_responses) _responses.Add(new Response(device, group[^1].Group, code));
        _unseen.Release();
        return Plan.Nothing;
    }

    private IEnumerable<CommandBatch> Moved(PhysicalDevice device, uint pasid, IDomain? from, IDomain? to)
    {
        yield return Batch();
        lock (_places)
        {
            Moves++;
            // A context that is brought back on the same machine finds a device where it was.
            if (from is not null && _places.GetValueOrDefault((device, pasid)) != from)
                throw new InvalidOperationException($"{device.Name} pasid {pasid} was not where the core says that it was");
            if (to is null) _places.Remove((device, pasid));
            else _places[(device, pasid)] = to;
        }
    }

    /// <param name="Device">Who was answered.</param>
    /// <param name="Group">Which of its groups.</param>
    /// <param name="Code">How.</param>
    public sealed record Response(PhysicalDevice Device, uint Group, PageResponseCode Code);
}
