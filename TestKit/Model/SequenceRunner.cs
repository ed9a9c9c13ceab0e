using Iommu.Messages;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Model;

/// <summary>
/// Runs a script on a fresh simulator and on the model, one call after the other, and says where they part: in an answer, in the
/// state that is left, or because an invariant broke.
/// </summary>
/// <param name="open">Makes a simulator.</param>
internal sealed class SequenceRunner(Func<Task<ModelWorld>> open)
{
    private const int CallsBetweenLooks = 40;

    /// <param name="script">The calls; null where one was left out.</param>
    /// <returns>Null when simulator and model agree to the end.</returns>
    public async Task<Divergence?> RunAsync(IReadOnlyList<Call?> script)
    {
        await using var world = await open();
        var model = new IommufdModel(world.Machine, ModelState.Empty);
        var made = new Dictionary<int, ObjectId>();
        var steps = new List<DivergenceStep>();
        var findings = new Findings();
        for (var i = 0; i < script.Count; i++)
        {
            if (script[i] is not { } written) continue;
            var call = Script.Resolve(written, made);
            var expected = model.Step(call);
            var found = await world.CallAsync(call, findings);
            if (expected.Errno == Errno.None) made[i] = expected.Id;
            steps.Add(new DivergenceStep(call, ModelText.Of(call, expected), ModelText.Of(call, found)));
            if (steps[^1].Expected != steps[^1].Found) return new Divergence(i, steps, call.GetType().Name, "the answers differ");
            if (findings.All is [var first, ..])
                return new Divergence(i, steps, first.Invariant, string.Join("; ", first.Details.Prepend(first.What)));
            if (world.Problems.Count > 0) return new Divergence(i, steps, "problem", string.Join("; ", world.Problems));
            if (steps.Count % CallsBetweenLooks != 0 && i + 1 != script.Count) continue;
            if (await CompareAsync(world, model) is { } difference) return new Divergence(i, steps, "state", difference);
        }
        return null;
    }

    private static async Task<string?> CompareAsync(ModelWorld world, IommufdModel model)
    {
        var expected = ModelText.Of(model);
        var found = await world.StateAsync();
        return expected == found ? null
            : $"the states differ{Environment.NewLine}the model:{Environment.NewLine}{expected}{Environment.NewLine}"
                + $"the simulator:{Environment.NewLine}{found}";
    }
}

/// <summary>A call, and the answers of the two.</summary>
internal sealed record DivergenceStep(Call Call, string Expected, string Found);

/// <summary>Where simulator and model part.</summary>
/// <param name="At">The number of the last call that was made.</param>
/// <param name="Steps">The calls up to there.</param>
/// <param name="Kind">What kind of difference it is: two of one kind are taken to be the same.</param>
/// <param name="What">What differs.</param>
internal sealed record Divergence(int At, IReadOnlyList<DivergenceStep> Steps, string Kind, string What)
{
    public override string ToString()
    {
        var listing = Steps.Select((step, i) => $"{i,4}  {ModelText.Of(step.Call)}  ->  {step.Expected}"
            + (step.Expected == step.Found ? "" : $"{Environment.NewLine}      but the simulator answers: {step.Found}"));
        return $"{string.Join(Environment.NewLine, listing)}{Environment.NewLine}{What}";
    }
}
