using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Journals;
using Iommu.TestKit.Model;
using Iommu.TestKit.Stress;
using Iommu.TestKit.Stress.Hardware;
using Iommu.TestKit.UnderTest.Probes;

namespace Iommu.TestKit.UnderTest;

/// <summary>
/// A machine with an IOMMU of some sort, a simulator on it, and one open context: what a test of a driver is written against. Probes tell
/// what hardware and driver were told; at the end invariants are checked, the context is closed, and nothing may be left over. It needs no
/// test framework: what does not hold is thrown as <see cref="ExpectationException"/>.
/// </summary>
public sealed partial class MachineUnderTest : IAsyncDisposable
{
    private const string ContextName = "under test";

    private readonly MachineOptions _options;
    private readonly FailNth _failures = new();
    private readonly List<EventFileUnderTest> _files = [];
    private readonly Dictionary<(PhysicalDevice, uint), IDmaPort> _ports = [];
    private MemoryStore? _store;
    private IActorRef _watch = ActorRefs.Nobody;
    private Life? _life;

    internal MachineUnderTest(StressHardware hardware, MachineOptions options, Findings findings)
    {
        (Hardware, _options, Findings) = (hardware, options, findings);
        Queue = new QueueProbe(options.Patience);
        Driver = new DriverProbe(options.Patience, findings, Clock);
    }

    /// <summary>The sort of its IOMMU.</summary>
    public StressHardware Hardware { get; }

    /// <summary>Its hardware; another one after <see cref="CrashAsync"/>.</summary>
    public HostHardware Host => Now.Host;

    /// <summary>Its devices, by whose names they are bound; others after <see cref="CrashAsync"/>, of the same names.</summary>
    public IReadOnlyList<PhysicalDevice> Devices => Host.Machine.Devices;

    /// <summary>The simulator, for what goes beyond one context.</summary>
    public IommuSimulator Simulator => Now.Simulator;

    /// <summary>The context under test.</summary>
    public IommufdContext Context => Now.Context;

    /// <summary>The process that has it open.</summary>
    public UserProcess Process => Now.Process;

    /// <summary>The commands that hardware has consumed.</summary>
    public QueueProbe Queue { get; }

    /// <summary>The calls that the driver has got.</summary>
    public DriverProbe Driver { get; }

    /// <summary>Where whatever looks at the machine reports broken invariants: for checks of one's own.</summary>
    public Findings Findings { get; }

    /// <summary>What a search does in the place of running callers at once; null outside of one.</summary>
    internal Func<IReadOnlyList<Func<ICaller, Task>>, Task>? Search { get; init; }

    private Life Now => _life ?? throw new InvalidOperationException("the machine under test is off");

    /// <summary>Switches a machine on. Dispose of it at the end of the test, or use <see cref="RunAsync"/>.</summary>
    /// <param name="hardware">The sort of IOMMU: one of the product's, or one's own.</param>
    /// <param name="options">What it has; null for two devices and no faults.</param>
    /// <exception cref="ArgumentException">A fault that cannot be planted in such hardware.</exception>
    public static async Task<MachineUnderTest> StartAsync(StressHardware hardware, MachineOptions? options = null)
    {
        options ??= new MachineOptions();
        var machine = new MachineUnderTest(hardware, options, new Findings());
        await machine.SwitchOnAsync(machine.BuildHost(), new MemoryStore());
        return machine;
    }

    /// <summary>
    /// Runs the body of a test on a new machine, and then the checks of the end. What the body throws comes out, with what is broken
    /// besides.
    /// </summary>
    /// <param name="hardware">The sort of IOMMU: one of the product's, or one's own.</param>
    /// <param name="body">The test.</param>
    /// <param name="options">What it has; null for two devices and no faults.</param>
    /// <exception cref="ExpectationException">An invariant is broken, or something is left over.</exception>
    public static async Task RunAsync(StressHardware hardware, Func<MachineUnderTest, Task> body, MachineOptions? options = null)
    {
        var machine = await StartAsync(hardware, options);
        try
        {
            await body(machine);
        }
        catch (Exception e)
        {
            var broken = machine.Broken;
            await machine.SwitchOffAsync();
            if (broken.Count == 0) throw;
            throw new ExpectationException($"{e.Message}{Environment.NewLine}{ExpectationException.Text(broken)}", broken, e);
        }
        await machine.DisposeAsync();
    }

    /// <summary>Makes a call.</summary>
    public Task<Answer> CallAsync(Call call) => Context.CallAsync(call);

    /// <summary>Makes a call that must succeed.</summary>
    /// <exception cref="ExpectationException">It does not.</exception>
    public async Task<Answer> DoneAsync(Call call) => Done(call, await CallAsync(call));

    /// <summary>Makes a call that must succeed.</summary>
    /// <returns>The id of what it makes.</returns>
    /// <exception cref="ExpectationException">It does not.</exception>
    public async Task<ObjectId> IdAsync(Call call) => (await DoneAsync(call)).Id;

    /// <summary>
    /// Has several call at once, and ends when all are through. In a search their order is what is searched, and a body comes to this once.
    /// </summary>
    /// <param name="callers">What each does.</param>
    public Task TogetherAsync(params IReadOnlyList<Func<ICaller, Task>> callers) =>
        Search is { } search ? search(callers) : Task.WhenAll(callers.Select(caller => caller(new DirectCaller(this))));

    /// <summary>The driver's own object behind an object of the context: its domain, its vIOMMU. Its tags are there.</summary>
    /// <exception cref="ExpectationException">There is no such object, or it is something else.</exception>
    public T HardwareOf<T>(ObjectId id) where T : class => ProbedDriver.Unwrapped(Context.Table.Find(id)?.Hardware) switch
    {
        T own => own,
        null => throw new ExpectationException($"object {id} has no hardware behind it"),
        var other => throw new ExpectationException($"behind object {id} is a {other.GetType().Name}, and no {typeof(T).Name}"),
    };

    /// <summary>Allocates a queue for the events of a vIOMMU.</summary>
    /// <param name="viommu">The vIOMMU.</param>
    /// <param name="type">Of what type.</param>
    /// <param name="eventBytes">The length of an event of that type, without the header.</param>
    /// <param name="depth">How many events there is room for.</param>
    public async Task<VirtualEvents> EventsAsync(
        ObjectId viommu, VeventqType type, int eventBytes, uint depth = 64) => Keep(new VirtualEvents(
            (EventQueueAnswer)await DoneAsync(new VeventqAlloc(viommu, type, depth)), eventBytes, _options.Patience));

    /// <summary>Allocates a fault queue.</summary>
    public async Task<PageFaults> FaultsAsync() =>
        Keep(new PageFaults((EventQueueAnswer)await DoneAsync(new FaultQueueAlloc()), _options.Patience));

    /// <summary>Starts a guest: an IOAS with its memory, nest parent, vIOMMU, vDEVICE, nested HWPT, and its device on that.</summary>
    /// <param name="device">Its device; null for the first of the machine.</param>
    public Task<GuestUnderTest> StartGuestAsync(PhysicalDevice? device = null) => GuestUnderTest.StartAsync(this, device ?? Devices[0]);

    /// <summary>The answer to a call that must succeed.</summary>
    /// <exception cref="ExpectationException">It does not.</exception>
    internal static Answer Done(Call call, Answer answer) => answer.Errno == Errno.None ? answer
        : throw new ExpectationException($"expected {ModelText.Of(call)} to succeed, but the answer is {ModelText.Of(call, answer)}");

    /// <summary>It is on, by a simulator that somebody else has made.</summary>
    internal void SwitchedOn(Life life) => _life = life;

    private T Keep<T>(T file) where T : EventFileUnderTest
    {
        _files.Add(file);
        return file;
    }

    private TimeSpan Clock() => _life?.System.Scheduler.MonotonicClock ?? TimeSpan.Zero;
}
