using Iommu.Messages;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Crash;

/// <summary>
/// Holds one context against the model (I13): its calls are announced before they are made and acknowledged after they are answered, and
/// what is recovered must be the state after the acknowledged calls, or after those and the one that was cut off. Where a crash leaves more
/// than one possibility that look alike, all of them are followed until an answer tells which it was.
/// </summary>
internal sealed class CrashOracle(ModelMachine machine)
{
    private List<IommufdModel> _possible = [new IommufdModel(machine, ModelState.Empty)];
    private Call? _lastAcknowledged;

    /// <summary>The first of the states that the context can be in.</summary>
    public IommufdModel Model => _possible[0];

    /// <summary>The call that was announced and not acknowledged.</summary>
    public Call? InFlight { get; private set; }

    /// <summary>The last comparison; null before the first.</summary>
    public RecoveredContext? Compared { get; private set; }

    /// <summary>The same, to be asked what a crash at this moment may leave.</summary>
    public CrashOracle Fork() => new(machine)
    {
        _possible = [.. _possible.Select(model => model.Fork())],
        InFlight = InFlight,
        _lastAcknowledged = _lastAcknowledged,
    };

    public void Announce(Call call) => InFlight = call;

    /// <summary>A step of the call was made to fail, and the call with it: it leaves everything as it was (I12).</summary>
    public void Refused() => InFlight = null;

    /// <summary>The call is answered.</summary>
    /// <param name="answer">Its answer, in the words of <see cref="ModelText"/>.</param>
    /// <returns>What is wrong with the answer; null when nothing is.</returns>
    public CrashFinding? Acknowledge(string answer)
    {
        var call = InFlight!;
        var expected = _possible.Select(model => ModelText.Of(call, model.Fork().Step(call))).ToList();
        var agreeing = _possible.Where((_, i) => expected[i] == answer).ToList();
        if (agreeing.Count == 0)
            return new CrashFinding(
                CrashFault.GraphMismatch, $"{ModelText.Of(call)} is answered with {answer}, and not with {expected[0]}");
        foreach (var model in agreeing) model.Step(call);
        _possible = Distinct(agreeing);
        (InFlight, _lastAcknowledged) = (null, call);
        return null;
    }

    /// <summary>The context was recovered. Whatever was found, it goes on from here when nothing was wrong.</summary>
    /// <param name="context">Its name, for the report.</param>
    /// <param name="state">What it is, in the words of <see cref="ModelText"/>.</param>
    public IReadOnlyList<CrashFinding> Recovered(string context, string state)
    {
        var cutOff = InFlight;
        var before = AfterACrash(Model);
        var candidates = Distinct(_possible.SelectMany(model => cutOff is null ? [model] : DurableMoments.Of(model, cutOff))
            .Select(AfterACrash));
        Compared = new RecoveredContext(context, ModelText.Of(before), cutOff is null ? null : ModelText.Of(cutOff), state);
        var matching = candidates.Where(candidate => ModelText.Of(candidate) == state).ToList();
        if (matching.Count == 0) return StateDifference.Classify([.. candidates.Select(ModelText.Of)], state, Twice(state));
        _possible = matching;
        InFlight = null;
        return [];
    }

    /// <summary>The call that the state shows to have taken effect twice; null when it does not.</summary>
    private string? Twice(string state)
    {
        foreach (var call in new[] { InFlight, _lastAcknowledged }.OfType<Call>())
        {
            foreach (var model in _possible)
            {
                var twice = model.Fork();
                if (call == InFlight) twice.Step(call);
                twice.Step(call);
                if (ModelText.Of(AfterACrash(twice)) == state) return ModelText.Of(call);
            }
        }
        return null;
    }

    private IommufdModel AfterACrash(IommufdModel model) => new(machine, AfterCrash.Of(model.State));

    private static List<IommufdModel> Distinct(IEnumerable<IommufdModel> models) => [.. models.DistinctBy(ModelText.Fingerprint)];
}
