using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Faults;

/// <summary>A driver that does what another does, but for what a derived class overrides.</summary>
/// <param name="inner">The other.</param>
public abstract class DriverDecorator(IIommuDriver inner) : IIommuDriver
{
    public string Name => inner.Name;

    public bool Translates => inner.Translates;

    public Type Kind => inner.Kind;

    public bool SupportsNested => inner.SupportsNested;

    public Result<HwInfo> HwInfo(PhysicalDevice device, HwInfoType type) => inner.HwInfo(device, type);

    public DeviceCapabilities Capabilities(PhysicalDevice device) => inner.Capabilities(device);

    public IReadOnlyList<IovaRange> ReservedRegions(PhysicalDevice device) => inner.ReservedRegions(device);

    public bool SupportsViommu(PhysicalDevice device, ViommuType type) => inner.SupportsViommu(device, type);

    public virtual Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default) =>
        inner.AllocPaging(device, flags, data);

    public virtual Result<INestedDomain> AllocNested(
        PhysicalDevice device, IPagingDomain parent, HwptAllocFlags flags, UserData data) =>
        inner.AllocNested(device, parent, flags, data);

    public virtual Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to) =>
        inner.Attach(device, from, to);

    public virtual Result<IEnumerable<CommandBatch>> AttachPasid(PhysicalDevice device, uint pasid, IDomain? from, IDomain? to) =>
        inner.AttachPasid(device, pasid, from, to);

    public virtual Result<IViommuDriver> AllocViommu(
        PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services) =>
        inner.AllocViommu(device, parent, data, services);

    public virtual IEnumerable<CommandBatch> RespondToFaults(
        PhysicalDevice device, IReadOnlyList<PageFault> group, PageResponseCode code) =>
        inner.RespondToFaults(device, group, code);
}
