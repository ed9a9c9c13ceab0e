using System.Collections.Immutable;
using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>
/// Looks for an order of the calls of a history in which the sequential model gives the same answers and leaves the same state, and
/// in which no call comes before one that was answered before it was made (Wing and Gong's search, remembering which sets of calls
/// have led to which states, as Lowe does). A call that is not atomic has several places in the order: <see cref="Moments"/>.
/// </summary>
internal sealed class LinearizabilityChecker
{
    private readonly IReadOnlyList<Operation> _operations;
    private readonly IReadOnlyList<Operation>[] _under;
    private readonly string _finalState;
    private readonly HashSet<(string, string)> _seen = [];
    private readonly List<(int Operation, IommufdModel After)> _order = [];
    private List<(int Operation, IommufdModel After)> _longest = [];

    private LinearizabilityChecker(History history)
    {
        (_operations, _finalState) = (history.Operations, history.FinalState);
        _under = [.. _operations.Select(one => _operations.Where(other => other != one && other.Overlaps(one)).ToList())];
    }

    /// <param name="before">The state that the history began in.</param>
    /// <param name="history">The calls and what they left.</param>
    /// <returns>Null when there is such an order; else how far the search came, in words.</returns>
    public static string? Check(IommufdModel before, History history)
    {
        var checker = new LinearizabilityChecker(history);
        var start = Enumerable.Repeat(Progress.None, history.Operations.Count).ToImmutableArray();
        return checker.Search(start, before) ? null : checker.Explain(before);
    }

    private bool Search(ImmutableArray<Progress> progress, IommufdModel model)
    {
        if (_order.Count > _longest.Count) _longest = [.. _order];
        var open = Enumerable.Range(0, progress.Length).Where(i => !progress[i].IsDone).ToList();
        if (open.Count == 0) return ModelText.Of(model) == _finalState;
        if (!_seen.Add((string.Concat(progress), ModelText.Fingerprint(model)))) return false;
        var firstAnswer = open.Min(i => _operations[i].AnsweredAt);
        foreach (var next in open.Where(i => _operations[i].InvokedAt < firstAnswer))
        {
            foreach (var (after, further) in Moments.Next(model, _operations[next], progress[next], _under[next]))
            {
                _order.Add((next, after));
                if (Search(progress.SetItem(next, further), after)) return true;
                _order.RemoveAt(_order.Count - 1);
            }
        }
        return false;
    }

    private string Explain(IommufdModel before)
    {
        var text = new List<string> { "no order of these calls has these answers and this end; the longest that has the answers is" };
        text.AddRange(_longest.Select(step => _operations[step.Operation].ToString()));
        var model = _longest.Count == 0 ? before : _longest[^1].After;
        text.Add("and leaves");
        text.Add(ModelText.Of(model));
        foreach (var index in Enumerable.Range(0, _operations.Count).Except(_longest.Select(step => step.Operation)))
        {
            var expected = model.Fork().Step(_operations[index].Call);
            text.Add($"{_operations[index]}  would then be  {ModelText.Of(_operations[index].Call, expected)}");
        }
        return string.Join(Environment.NewLine, text);
    }
}
