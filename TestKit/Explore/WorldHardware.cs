using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Explore;

/// <summary>The machine that a scenario runs on, made anew for each schedule; equal each time.</summary>
public abstract class WorldHardware
{
    /// <summary>Log2 of the sets in which a checker of caches remembers invalidations: a run has few.</summary>
    protected const int RememberedSetsLog2 = 6;

    public abstract Machine Machine { get; }

    /// <summary>Who opens the context.</summary>
    public abstract UserProcess Process { get; }

    /// <summary>The memory of that process.</summary>
    public abstract UserAddressSpace Memory { get; }

    /// <summary>What there is that the last close should have given back, in words; null when there is nothing.</summary>
    public virtual string? Left => Memory.PinnedTotal == 0 ? null : $"{Memory.PinnedTotal} pins";

    /// <summary>What the sequential model, which histories are held against, must know; null where it does not know the machine.</summary>
    internal virtual ModelMachine? Model => null;
}

/// <summary>The machine of the model: devices behind the mock IOMMU and behind two without caches.</summary>
internal sealed class ModelWorldHardware : WorldHardware
{
    private readonly ModelHardware _hardware;

    public ModelWorldHardware(Decoration decoration) => _hardware = new ModelHardware(1, decoration.Queue, decoration.Driver);

    public override Machine Machine => _hardware.Machine;

    public override UserProcess Process => _hardware.Seats[0].Process;

    public override UserAddressSpace Memory => (UserAddressSpace)Process.Memory;

    public override string? Left => (_hardware.Live, _hardware.Frames.InUse - _hardware.FramesInUse, _hardware.PinsOf(0)) switch
    {
        (0, 0, 0) => null,
        var (live, frames, pins) => $"{live} domains and vIOMMUs, {frames} frames, {pins} pins",
    };

    internal override ModelMachine Model => _hardware.Seats[0].Machine;

    /// <summary>Groups of page faults that devices were told the answer to.</summary>
    public int Answered => _hardware.Answered;
}
