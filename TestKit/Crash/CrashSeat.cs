using Iommu.Messages;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Crash;

/// <summary>One caller: its context, what it calls, and what it was answered, from one process to the next.</summary>
/// <param name="number">The number of its context.</param>
/// <param name="machine">What it has of the machine.</param>
/// <param name="random">Where its calls come from.</param>
internal sealed class CrashSeat(int number, ModelMachine machine, Random random)
{
    private const int CallsKept = 12;

    private readonly CallGenerator _generator = new(random, CrashCalls.Weights);
    private readonly Queue<string> _calls = [];

    public CrashOracle Oracle { get; } = new(machine);

    public string Name => CrashWorkload.NameOf(number);

    /// <summary>The last calls with their answers, and the kills between them.</summary>
    public IReadOnlyList<string> Calls => [.. _calls];

    /// <summary>Makes one call.</summary>
    /// <param name="child">Who serves it.</param>
    /// <param name="patience">How long it may take.</param>
    /// <returns>Whether it was answered; and what was wrong with the answer.</returns>
    /// <exception cref="TimeoutException">There was no answer in time.</exception>
    public async Task<(bool Answered, CrashFinding? Finding)> CallAsync(CrashChild child, TimeSpan patience)
    {
        var call = _generator.NextAfterCrashes(Oracle.Model);
        Oracle.Announce(call);
        var answer = await child.CallAsync(number, call).WaitAsync(patience);
        Note($"{ModelText.Of(call)}  ->  {answer ?? "killed"}");
        return answer is null ? (false, null) : (true, Oracle.Acknowledge(answer));
    }

    /// <summary>Holds against the model what was recovered.</summary>
    public IReadOnlyList<CrashFinding> Compare(string state) => Oracle.Recovered(Name, state);

    private void Note(string line)
    {
        _calls.Enqueue(line);
        if (_calls.Count > CallsKept) _calls.Dequeue();
    }
}
