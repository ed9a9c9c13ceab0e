using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Vtd;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Checkers.Vtd;

namespace Iommu.TestKit.Explore;

/// <summary>A VT-d unit with small caches, which a checker watches (I8), and two devices behind it, of which the first has a TLB.</summary>
internal sealed class VtdWorldHardware : WorldHardware
{
    private readonly VtdMachine _machine;
    private StaleTranslation _stale = null!;

    /// <param name="decoration">What stands around its driver and its queue.</param>
    /// <param name="findings">Where its checker reports.</param>
    public VtdWorldHardware(Decoration decoration, Findings findings)
    {
        _machine = VtdMachine.Create(new VtdMachineOptions
        {
            DevicesPerUnit = 2,
            DevicesWithAts = 1,
            GuestsPerUnit = 1,
            CacheSizes = VtdCacheSizes.Tiny,
            DecorateDriver = decoration.Driver,
            DecorateQueue = (unit, queue) =>
            {
                _stale = new StaleTranslation(unit, RememberedSetsLog2) { Found = hit => findings.Report("I8", hit.ToString()) };
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

    /// <summary>The way of a device's DMA, watched.</summary>
    public Port OpenPort(PhysicalDevice device) => _machine.OpenPort(device, pasid: null, _stale.CreateWitness(device.Name));
}
