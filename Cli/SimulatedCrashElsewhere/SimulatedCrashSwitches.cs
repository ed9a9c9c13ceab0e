using System.CommandLine;

namespace Iommu.Cli.Crash;

/// <summary>The switches of <c>iommu crash --simulated</c> on a runtime that cannot carry it out: they say so.</summary>
internal sealed class SimulatedCrashSwitches
{
    private readonly Option<string?>[] _others =
        [.. new[] { "--scenario", "--interleavings", "--fault" }.Select(name => Hidden<string?>(name))];
    private readonly Option<bool> _actors = Hidden<bool>("--actors");
    private readonly Option<bool> _simulated = new("--simulated")
    {
        Description = "Stop simulators of a deterministic run before any turn, instead of killing processes (on Replay)",
    };

    public IEnumerable<Option> All => [_simulated, _actors, .. _others];

    /// <returns>Null: nobody asks for a simulated crash.</returns>
    /// <exception cref="InputException">Somebody does.</exception>
    public Task<int>? Start(
        ParseResult parsed, Option[] realOnly, int? runs, int seed, Terminal terminal, (string? Json, string? Report) files,
        CancellationToken cancel)
    {
        if (All.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is not { } asked) return null;
        throw new InputException($"{asked.Name} is for runs that are stopped before a chosen turn, which Akka.NET lets nobody do; run it "
            + "on Replay: dotnet run --project Cli -p:ActorRuntime=Replay -- crash --simulated");
    }

    private static Option<T> Hidden<T>(string name) => new(name) { Hidden = true };
}
