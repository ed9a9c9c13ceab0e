using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Explore;

/// <summary>
/// A few calls that meet: what leads there, who calls what at once, what may fail, and what must hold in the end. A search runs it again
/// and again, each time on a new <see cref="World"/> and in another order.
/// </summary>
public abstract class Scenario
{
    /// <summary>Of <c>--scenario</c>: words of the field, with hyphens.</summary>
    public abstract string Name { get; }

    /// <summary>Who races with whom, in one line.</summary>
    public abstract string Summary { get; }

    /// <summary>How many steps may fail in a schedule (<see cref="Iommu.Actors.Core.IFailureInjection"/>).</summary>
    public virtual int FailuresMax => 0;

    /// <summary>
    /// How often the simulator may crash in a schedule, before any turn, and in its recovery. More than none: it has a journal, and I13 is
    /// held: what is recovered is what was acknowledged, with or without what was cut off.
    /// </summary>
    public virtual int CrashesMax => 0;

    /// <summary>
    /// Whether actors are thrown down: the context is brought back from its journal, and of a call that is answered EIO nobody knows.
    /// </summary>
    public virtual bool Restarts => false;

    /// <summary>
    /// How often in a schedule the next timer goes off while turns are possible, as if those took that long: one that is due within
    /// <see cref="Patience"/>.
    /// </summary>
    public virtual int TimersMax => 0;

    /// <summary>How much virtual time may pass until all callers are through. None: what waits for a time-out breaks I4.</summary>
    public virtual TimeSpan Patience => TimeSpan.Zero;

    /// <summary>What is broken when nothing can move while a caller waits.</summary>
    public virtual string Stuck => Violations.Deadlock;

    /// <summary>The machine; without an override, that of the sequential model, which histories are then held against.</summary>
    /// <param name="decoration">What is to stand around its drivers and queues.</param>
    /// <param name="findings">Where checkers of the hardware report.</param>
    public virtual WorldHardware Build(Decoration decoration, Findings findings) => new ModelWorldHardware(decoration);

    /// <summary>What leads there. It runs in one order, which is not searched.</summary>
    public virtual Task SetUpAsync(World world) => Task.CompletedTask;

    /// <summary>Starts the callers (<see cref="World.Caller"/>): from here on every order is searched.</summary>
    public abstract void Start(World world);

    /// <summary>Starts callers on what was recovered from a crash; by default nobody calls any more.</summary>
    public virtual void Resume(World world) { }

    /// <summary>What must hold when all callers are through and nothing moves any more, beside the invariants.</summary>
    public virtual Task CheckAsync(World world) => Task.CompletedTask;

    public override string ToString() => Name;
}
