using Iommu.Messages;
using Iommu.TestKit.Crash;
using Iommu.TestKit.Model;

namespace Iommu.Tests.Replay.Crash;

/// <summary>Makes random calls on its context, from one simulator to the next.</summary>
/// <param name="machine">What it has of the machine.</param>
/// <param name="random">Where they come from.</param>
internal sealed class RandomCaller(ModelMachine machine, Random random) : ICrashCaller
{
    private const int CallsKept = 12;

    private readonly CallGenerator _generator = new(random, CrashCalls.Weights);
    private readonly Queue<string> _calls = [];

    public CrashOracle Oracle { get; } = new(machine);

    public List<CrashFinding> Findings { get; } = [];

    public long Acknowledged { get; private set; }

    /// <summary>The last calls, for a report.</summary>
    public string Calls => string.Concat(_calls.Select(call => $"{Environment.NewLine}    {call}"));

    public Call Next()
    {
        var call = _generator.NextAfterCrashes(Oracle.Model);
        Oracle.Announce(call);
        Note(ModelText.Of(call));
        return call;
    }

    public void Answered(Call call, Answer answer)
    {
        Acknowledged++;
        var text = ModelText.Of(call, answer);
        Note($"  ->  {text}");
        if (Oracle.Acknowledge(text) is { } finding) Findings.Add(finding);
    }

    public void Failed(Call call, Exception cause) =>
        Findings.Add(new CrashFinding(CrashFault.HungCaller, $"{ModelText.Of(call)}: {cause.Message}"));

    public void Note(string line)
    {
        _calls.Enqueue(line);
        if (_calls.Count > 2 * CallsKept) _calls.Dequeue();
    }
}
