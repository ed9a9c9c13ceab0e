using Iommu.Hardware.Drivers;
using Iommu.Hardware.Faults;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>Of 7.3.4: two vIOMMUs on one IOMMU and one stage 2 have one VMID, and so hit each other's entries under one ASID.</summary>
internal sealed class L3 : Mutant
{
    public override string Name => "L3";

    public override string Summary => "two vIOMMUs on one stage 2 share a VMID";

    public override string Scenario => "two-guests";

    public override Decoration Decoration => Decoration.None with { Driver = driver => new Driver(driver) };

    private sealed class Driver(IIommuDriver inner) : DriverDecorator(inner)
    {
        private readonly Dictionary<IPagingDomain, Viommu> _first = [];

        public override Result<IViommuDriver> AllocViommu(
            PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services)
        {
            // The lowest that nobody has is the next one's.
            if (_first.TryGetValue(parent, out var first)) first.GiveVmidUp();
            var made = base.AllocViommu(device, parent, data, services);
            if (made.Failed) return made.Errno;
            return _first[parent] = new Viommu(this, made.Value!);
        }
    }

    private sealed class Viommu(IIommuDriver driver, IViommuDriver inner) : ViommuDecorator(driver, inner)
    {
        private bool _isGivenUp;

        public void GiveVmidUp()
        {
            foreach (var _ in base.Free()) { }
            _isGivenUp = true;
        }

        public override IEnumerable<CommandBatch> Free() => _isGivenUp ? Plan.Nothing : base.Free();
    }
}
