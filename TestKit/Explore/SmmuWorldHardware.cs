using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Checkers.Smmuv3;

namespace Iommu.TestKit.Explore;

/// <summary>An SMMUv3 with small caches, which a checker watches (I8), and devices behind it.</summary>
internal sealed class SmmuWorldHardware : WorldHardware
{
    private readonly Smmuv3Machine _machine;
    private StaleTranslation _stale = null!;

    /// <param name="decoration">What stands around its driver and its queue.</param>
    /// <param name="findings">Where its checker reports.</param>
    /// <param name="withAts">How many of its two devices have a cache of their own.</param>
    /// <param name="cmdqv">The CMDQV beside it; null for none.</param>
    public SmmuWorldHardware(Decoration decoration, Findings findings, int withAts = 0, CmdqvParameters? cmdqv = null)
    {
        _machine = Smmuv3Machine.Create(new Smmuv3MachineOptions
        {
            DevicesPerSmmu = 2,
            DevicesWithAts = withAts,
            CacheSizes = CacheSizes.Tiny,
            Cmdqv = cmdqv,
            DecorateDriver = decoration.Driver,
            DecorateCmdqv = decoration.Registers,
            DecorateQueue = (smmu, queue) =>
            {
                _stale = new StaleTranslation(smmu, RememberedSetsLog2) { Found = hit => findings.Report("I8", hit.ToString()) };
                return _stale.Watch(decoration.Queue(queue));
            },
        });
        Machine = _machine.ToMachine();
        Memory = _machine.CreateProcess();
        Process = new UserProcess(Memory);
    }

    public override Machine Machine { get; }

    public override UserProcess Process { get; }

    public override UserAddressSpace Memory { get; }

    public PhysicalMemory Physical => _machine.Memory;

    /// <summary>The way of a device's DMA, watched.</summary>
    public Port OpenPort(PhysicalDevice device) => _machine.OpenPort(device, _stale.CreateWitness(device.Name));
}
