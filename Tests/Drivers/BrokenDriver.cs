using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using RiscvIommu.Driver;

namespace Iommu.Tests.Drivers;

/// <summary>The sample driver with one thing wrong.</summary>
internal class BrokenDriver(RiscvDriver inner) : IIommuDriver
{
    public string Name => inner.Name;

    public virtual Result<HwInfo> HwInfo(PhysicalDevice device, HwInfoType type) => inner.HwInfo(Known(device), type);

    public DeviceCapabilities Capabilities(PhysicalDevice device) => inner.Capabilities(Known(device));

    public virtual Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default) =>
        inner.AllocPaging(Known(device), flags, data);

    public virtual Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to) =>
        inner.Attach(Known(device), from, to);

    /// <summary>The driver's own object for a device that names this as its IOMMU.</summary>
    public required Func<PhysicalDevice, PhysicalDevice> Known { get; init; }

    /// <summary>Programs the hardware before the core says so.</summary>
    internal sealed class Eager(RiscvDriver inner) : BrokenDriver(inner)
    {
        public override Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to)
        {
            var plan = base.Attach(device, from, to);
            if (!plan.Failed) Plan.Run(plan.Value!);
            return plan.Failed ? plan : new Result<IEnumerable<CommandBatch>>(Errno.None, Plan.Nothing);
        }
    }

    /// <summary>Answers every type of hw_info with its own.</summary>
    internal sealed class Obliging(RiscvDriver inner) : BrokenDriver(inner)
    {
        public override Result<HwInfo> HwInfo(PhysicalDevice device, HwInfoType type) => base.HwInfo(device, HwInfoType.None);
    }

    /// <summary>Has one errno for everything.</summary>
    internal sealed class Terse(RiscvDriver inner) : BrokenDriver(inner)
    {
        public override Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default)
        {
            var domain = base.AllocPaging(device, flags, data);
            return domain.Errno is Errno.ENOSPC or Errno.ENOMEM ? Errno.EINVAL : domain;
        }
    }

    /// <summary>Takes any domain for its own.</summary>
    internal sealed class Trusting(RiscvDriver inner) : BrokenDriver(inner)
    {
        public override Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to) =>
            base.Attach(device, from, to is RiscvPagingDomain or RiscvNestedDomain ? to : null);
    }
}
