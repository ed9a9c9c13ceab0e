using Iommu.Messages;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>Makes random calls on its context, from one simulator to the next.</summary>
/// <param name="machine">What it has of the machine.</param>
/// <param name="random">Where they come from.</param>
internal sealed class RandomCaller(ModelMachine machine, Random random) : ICrashCaller
{
    private readonly CallGenerator _generator = new(random, CrashCalls.Weights);

    public CrashOracle Oracle { get; } = new(machine);

    public List<CrashFinding> Findings { get; } = [];

    public long Acknowledged { get; private set; }

    public LastCalls Calls { get; } = new();

    public Call Next()
    {
        var call = _generator.NextAfterCrashes(Oracle.Model);
        Oracle.Announce(call);
        Calls.Add(ModelText.Of(call));
        return call;
    }

    public void Answered(Call call, Answer answer)
    {
        Acknowledged++;
        var text = ModelText.Of(call, answer);
        Calls.Add($"  ->  {text}");
        if (Oracle.Acknowledge(text) is { } finding) Findings.Add(finding);
    }

    public void Failed(Call call, Exception cause) =>
        Findings.Add(new CrashFinding(CrashFault.HungCaller, $"{ModelText.Of(call)}: {cause.Message}"));
}
