using Akka.Actor;
using Iommu.Messages;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress;

/// <summary>
/// The control plane of a guest's VMM: it plugs memory, maps and unmaps in a second IOAS, attaches, replaces, detaches, unbinds and
/// binds a spare device, creates and destroys objects, makes mistakes on purpose, and now and then does two things at once. It
/// knows what each call must be answered.
/// </summary>
internal sealed partial class ControllerActor : ReceiveActor, IWithTimers
{
    private const int ScriptsPerBreath = 16;

    // One that never waits for anything would keep its thread to itself, and those who invalidate from working.
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(10);

    private readonly ControllerSettings _settings;
    private readonly LookupChecker _lookups;
    private readonly IdChecker _ids;
    private readonly (int Weight, Func<Task> Script)[] _scripts;
    private RandomBits _random;
    private int _scriptsLeft = ScriptsPerBreath;
    private bool _paused = true;

    public ControllerActor(ControllerSettings settings)
    {
        _settings = settings;
        _random = new RandomBits(settings.Seed, settings.Stream);
        _lookups = new LookupChecker(settings.Vmm.Context.Name, settings.Vmm.Context.Table, settings.Findings);
        _ids = new IdChecker(settings.Vmm.Context.Name, settings.Findings);
        _scripts =
        [
            // An unplug empties the guest's TLB: too often, and nothing else would be tested.
            (1, PlugOrUnplug), (12, MapInSecond), (8, UnmapInSecond), (2, MapTwoAtOnce),
            (6, AttachSpare), (4, DetachSpare), (4, UnbindOrBindSpare),
            (4, AllocHwpt), (4, DestroyHwpt), (4, AllocOrDestroyViommu), (4, AllocOrDestroyNested), (4, AllocOrDestroyVdevice),
            (2, DestroyTwice), (2, AttachWhileDestroying), (2, UnbindWhileAllocatingVdevice), (2, UnbindWhileDestroyingVdevice),
            (8, MakeMistake),
        ];
        ReceiveAsync<Turn>(OnTurn);
        Receive<Work>(_ => Resume());
        Receive<Pause>(_ =>
        {
            _paused = true;
            Context.Parent.Tell(Paused.Instance);
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private Vmm Vmm => _settings.Vmm;

    public static Props Props(ControllerSettings settings) => Akka.Actor.Props.Create(() => new ControllerActor(settings));

    private void Resume()
    {
        if (_paused && !Timers.IsTimerActive(Turn.Instance)) Self.Tell(Turn.Instance);
        _paused = false;
    }

    private async Task OnTurn(Turn turn)
    {
        if (_paused) return;
        var self = Self;
        if (_second == ObjectId.None) await SetUp();
        await Pick()();
        _lookups.Check();
        if (--_scriptsLeft > 0) self.Tell(turn);
        else Timers.StartSingleTimer(turn, turn, Breath);
        if (_scriptsLeft <= 0) _scriptsLeft = ScriptsPerBreath;
    }

    private Func<Task> Pick()
    {
        var draw = _random.Below(_scripts.Sum(script => script.Weight));
        foreach (var (weight, script) in _scripts)
            if ((draw -= weight) < 0) return script;
        throw new InvalidOperationException("the weights do not add up");
    }

    /// <summary>Makes a call that must be answered with one of these errnos; with none named, it must succeed.</summary>
    private async Task<Answer> Call(Call call, params Errno[] expected)
    {
        var answer = await Begin(call);
        if (expected.Length == 0 ? answer.Errno == Errno.None : expected.Contains(answer.Errno)) return answer;
        var wanted = expected.Length == 0 ? "success" : string.Join(" or ", expected);
        Report($"{call} was answered {answer.Errno}, not {wanted}");
        return answer;
    }

    /// <summary>Makes a call whose answer the caller judges.</summary>
    private async Task<Answer> Begin(Call call)
    {
        var answer = await Vmm.Context.CallAsync(call);
        _settings.Counters.AddControlOp();
        if (answer.Errno != Errno.None) _settings.Counters.AddError(answer.Errno);
        return answer;
    }

    private async Task<ObjectId> Create(Call call, ObjectType type)
    {
        var answer = await Call(call);
        if (answer.Errno != Errno.None) return ObjectId.None;
        _ids.Created(answer.Id, type);
        _lookups.Created(answer.Id, type);
        return answer.Id;
    }

    private async Task Destroy(ObjectId id)
    {
        var answer = await Call(new Destroy(id));
        if (answer.Errno == Errno.None) NoteDestroyed(id);
    }

    private void NoteDestroyed(ObjectId id)
    {
        _ids.Destroyed(id);
        _lookups.Destroyed(id);
    }

    private void Report(string what) => _settings.Findings.Report("I12", $"{Vmm.Context.Name}: {what}");

    private bool Chance(int oneIn) => _random.Below(oneIn) == 0;

    private sealed record Turn
    {
        public static readonly Turn Instance = new();
    }
}

/// <param name="Vmm">Whose control plane; set up.</param>
/// <param name="HotPlug">Memory that it plugs into the guest; null when the guest has none.</param>
/// <param name="Spare">A device of the machine that is its to move about.</param>
/// <param name="Seed">Of the run.</param>
/// <param name="Stream">Which random sequence of the run.</param>
/// <param name="Counters">Its own.</param>
/// <param name="Findings">Where it reports.</param>
internal sealed record ControllerSettings(
    Vmm Vmm, HotPlugMemory? HotPlug, string Spare, int Seed, int Stream, WorkerCounters Counters, Findings Findings);
