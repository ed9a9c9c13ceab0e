using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

/// <summary>
/// Stands in for who owns the attachment of a device to an HWPT with a fault queue: reports groups of page faults, ends the attachment,
/// and keeps how its groups were answered.
/// </summary>
internal sealed class FaultingDevice : IIommuDriver
{
    private readonly TrivialQueue _hardware;
    private readonly List<(IReadOnlyList<PageFault> Group, PageResponseCode Code)> _responses = [];
    private uint _lastGroup;

    /// <param name="id">The device that its faults name.</param>
    /// <param name="hwpt">What it is attached to.</param>
    /// <param name="hardware">The command queue that its answers take.</param>
    public FaultingDevice(ObjectId id, ObjectEntry hwpt, TrivialQueue hardware)
    {
        Queue = hwpt.FaultQueue!;
        Handle = new AttachHandle(id, new PhysicalDevice("faulting", 1, this), 0);
        _hardware = hardware;
    }

    public IActorRef Queue { get; }

    public AttachHandle Handle { get; }

    public string Name => "faulting";

    /// <summary>Told of every answer, in the turn in which it is decided.</summary>
    public Action<IReadOnlyList<PageFault>, PageResponseCode> Responded { get; set; } = (_, _) => { };

    public IReadOnlyList<(IReadOnlyList<PageFault> Group, PageResponseCode Code)> Responses
    {
        get { lock (_responses) return [.. _responses]; }
    }

    public IReadOnlyList<PageFault> Report(int faults = 1)
    {
        var number = ++_lastGroup;
        IReadOnlyList<PageFault> group = [.. Enumerable.Range(1, faults).Select(i => new PageFault(
            i == faults ? PageFaultFlags.LastPage : PageFaultFlags.None, 0, number, PageFaultPermissions.Write, (ulong)i << 12))];
        Queue.Tell(new DeliverFaults(Handle, group));
        return group;
    }

    public Task EndAttachment() => Queue.Ask<AutoResponded>(new AutoRespond(Handle), TimeSpan.FromSeconds(10));

    public IEnumerable<CommandBatch> RespondToFaults(PhysicalDevice device, IReadOnlyList<PageFault> group, PageResponseCode code)
    {
        lock (_responses) _responses.Add((group, code));
        Responded(group, code);
        return [new CommandBatch(_hardware, new ulong[1])];
    }

    public Result<HwInfo> HwInfo(PhysicalDevice device, HwInfoType type) => Errno.EOPNOTSUPP;

    public DeviceCapabilities Capabilities(PhysicalDevice device) => new();

    public Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default) => Errno.EOPNOTSUPP;

    public Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to) => Errno.EOPNOTSUPP;
}
