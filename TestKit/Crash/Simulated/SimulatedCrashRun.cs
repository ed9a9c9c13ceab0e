namespace Iommu.TestKit.Crash.Simulated;

/// <summary>
/// Simulated crash-and-recover experiments (I13): scenarios with every crash that there is in them, and random calls by seed.
/// </summary>
internal sealed class SimulatedCrashRun
{
    private readonly SimulatedCrashOptions _options;
    private readonly CrashTally<SimulatedPoint> _tally;

    /// <param name="options">What to crash.</param>
    /// <param name="progress">Told the totals after every crash; null for nobody.</param>
    public SimulatedCrashRun(SimulatedCrashOptions options, IProgress<CrashSample>? progress = null) =>
        (_options, _tally, Repeats) = (options, new CrashTally<SimulatedPoint>(progress), options);

    /// <summary>What repeats the finding, and nothing before it; the whole run when there is none.</summary>
    public SimulatedCrashOptions Repeats { get; private set; }

    /// <summary>Runs to the end, or until something is wrong, or until it is cancelled: that is an end with a result too.</summary>
    public async Task<CrashResult> RunAsync(CancellationToken cancellation = default)
    {
        foreach (var scenario in _options.Scenarios)
            for (var i = 0; i < _options.Interleavings && !IsOver(cancellation); i++)
                await ExhaustAsync(scenario, _options.Seed + i, cancellation);
        for (var (seed, left) = (_options.Seed, _options.Runs); left > 0 && !IsOver(cancellation); seed++)
            left -= _options.Actors ? await KillActorsAsync(seed, left) : await CrashAtRandomAsync(seed, left);
        return _tally.Result() with { Simulated = true };
    }

    private bool IsOver(CancellationToken cancellation) => _tally.IsBroken || cancellation.IsCancellationRequested;

    private async Task ExhaustAsync(CrashScenario scenario, int seed, CancellationToken cancellation)
    {
        await new ExhaustiveCrash(scenario, seed, _tally, _options.Fault?.Faults).RunAsync(cancellation);
        if (_tally.IsBroken) Repeats = _options with { Scenarios = [scenario], Interleavings = 1, Runs = 0, Seed = seed };
    }

    private async Task<int> CrashAtRandomAsync(int seed, int left)
    {
        var crashes = Math.Min(left, RandomCrash.CrashesMax);
        var crash = new RandomCrash(seed, _tally, _options.Fault?.Faults);
        await crash.RunAsync(crashes);
        // What comes after the last crash is another life than the one that would be crashed next.
        if (_tally.IsBroken)
            Repeats = _options with { Scenarios = [], Runs = Math.Min(crash.Crashes + 1, crashes), Seed = seed };
        return crashes;
    }

    private async Task<int> KillActorsAsync(int seed, int left)
    {
        var kills = Math.Min(left, ActorCrash.KillsMax);
        var crash = new ActorCrash(seed, _tally, _options.Fault?.Faults);
        await crash.RunAsync(kills);
        if (_tally.IsBroken) Repeats = _options with { Scenarios = [], Runs = Math.Min(crash.Kills + 1, kills), Seed = seed };
        return kills;
    }
}
