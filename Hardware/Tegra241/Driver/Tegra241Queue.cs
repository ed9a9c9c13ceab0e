using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Driver;
using static Iommu.Hardware.Tegra241.RegisterMap;

namespace Iommu.Hardware.Tegra241.Driver;

/// <summary>A logical VCMDQ that a guest has: it switches it on itself, in its page 0.</summary>
internal sealed class Tegra241Queue : IHwQueueDriver
{
    private readonly Tegra241Driver _driver;
    private readonly Tegra241Viommu _viommu;
    private readonly int _logical;
    private readonly Tegra241Queue? _below;

    private Tegra241Queue(Tegra241Driver driver, Tegra241Viommu viommu, int logical, Tegra241Queue? below) =>
        (_driver, _viommu, _logical, _below) = (driver, viommu, logical, below);

    public IHwQueueDriver? DependsOn => _below;

    private int Vcmdq => _viommu.Vintf * _driver.Parameters.LogicalPerVintf + _logical;

    /// <summary>
    /// Allocates the queue to its VINTF and gives it its ring; whatever its last owner left goes first (B64). One that has the ring
    /// already is its vIOMMU's from before a crash: its registers say how far it is.
    /// </summary>
    public static Tegra241Queue Start(
        Tegra241Driver driver, Tegra241Viommu viommu, int logical, Tegra241Queue? below, ulong ringBase)
    {
        var queue = new Tegra241Queue(driver, viommu, logical, below);
        if (queue.IsAllocated && driver.Bus.ReadPage1(viommu.Vintf, logical, Base) == ringBase) return queue;
        driver.Bus.WriteAlloc(queue.Vcmdq, driver.Bus.ReadAlloc(queue.Vcmdq) | Allocated);
        queue.Write(QueueConfig, 0);
        queue.Reset();
        driver.Bus.WritePage1(viommu.Vintf, logical, Base, ringBase);
        return queue;
    }

    /// <summary>
    /// A CMD_SYNC on the SMMU's own queue, once the guest cannot reach this one any more: a time-out that nobody has synchronized with
    /// would be reported to its next owner.
    /// </summary>
    public IEnumerable<CommandBatch> Free()
    {
        End();
        var sync = Command.Sync();
        yield return new CommandBatch(_driver.Smmu.Queue, new[] { sync.Word0, sync.Word1 });
        _viommu.Forget(_logical);
    }

    /// <summary>Off, reset, and taken from the VINTF of a guest that has been brought back without it.</summary>
    public static void EndUnclaimed(Tegra241Driver driver, Tegra241Viommu viommu, int logical)
    {
        var queue = new Tegra241Queue(driver, viommu, logical, null);
        if (queue.IsAllocated) queue.End();
    }

    private bool IsAllocated => (_driver.Bus.ReadAlloc(Vcmdq) & Allocated) != 0;

    private void End()
    {
        Write(QueueConfig, 0);
        Reset();
        _driver.Bus.WriteAlloc(Vcmdq, _driver.Bus.ReadAlloc(Vcmdq) & ~Allocated);
    }

    private void Reset()
    {
        Write(Producer, 0);
        Write(Consumer, 0);
        _driver.Bus.WritePage1(_viommu.Vintf, _logical, Base, 0);
        _driver.Bus.WritePage1(_viommu.Vintf, _logical, ConsumerIndexBase, 0);
        var gerror = _driver.Bus.ReadPage0(_viommu.Vintf, _logical, Gerror);
        if (gerror != _driver.Bus.ReadPage0(_viommu.Vintf, _logical, Gerrorn)) Write(Gerrorn, gerror);
    }

    private void Write(ulong register, uint value) => _driver.Bus.WritePage0(_viommu.Vintf, _logical, register, value);
}
