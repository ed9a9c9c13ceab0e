using System.Text;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>
/// A sort of IOMMU that a stress run can have. Those of the product are here; another is a public class with a parameterless
/// constructor that derives from this one, in an assembly of its own, and is given to <c>stress --hardware</c> by that assembly's path.
/// </summary>
public abstract class StressHardware
{
    public static readonly StressHardware Smmuv3 = new Smmuv3Hardware();

    /// <summary>An SMMUv3 with NVIDIA's CMDQV: guests have command queues of their own.</summary>
    public static readonly StressHardware Tegra241 = new Tegra241Hardware();

    public static readonly StressHardware Amd = new AmdHardware();

    public static readonly StressHardware Vtd = new VtdHardware();

    /// <summary>Those that have a name.</summary>
    public static IReadOnlyList<StressHardware> All { get; } = [Smmuv3, Tegra241, Amd, Vtd];

    /// <summary>What <c>--hardware</c> calls it, and what a run's figures say.</summary>
    public abstract string Name { get; }

    /// <summary>Whether guests can have queues that hardware drains.</summary>
    public virtual bool HasQueues => false;

    /// <summary>Whether devices behind it can have translation caches of their own (PCIe ATS): every other one then has.</summary>
    public virtual bool HasAts => true;

    /// <summary>How many devices a guest can have at most, besides its spare one.</summary>
    public virtual int DevicesMax => 64;

    /// <summary>Whether the captures of real guests, which are an SMMUv3's, can run on it.</summary>
    public virtual bool RunsCaptures => false;

    /// <summary>Whether a fault can be planted in it.</summary>
    public virtual bool CanPlant(FaultKind fault) => false;

    /// <summary>Whether the architecture or the driver puts up with it, so that a run must hold; else one must break by it.</summary>
    public virtual bool Survives(FaultKind fault) =>
        fault is FaultKind.DelayInvalidation or FaultKind.DuplicateInvalidation or FaultKind.RepeatTlbi;

    /// <summary>A command of its queue in words, for messages.</summary>
    /// <param name="command">The words of it.</param>
    public virtual string Describe(ReadOnlySpan<ulong> command)
    {
        var text = new StringBuilder();
        foreach (var word in command) text.Append($"{(text.Length == 0 ? "" : ":")}{word:x16}");
        return text.ToString();
    }

    /// <summary>Builds a host with this IOMMU. The same plan builds the same one.</summary>
    public abstract HostHardware Build(HostPlan plan);

    public sealed override string ToString() => Name;

    /// <summary>The one of that name; null when none has it.</summary>
    public static StressHardware? Find(string name) => All.FirstOrDefault(hardware => hardware.Name == name);
}
