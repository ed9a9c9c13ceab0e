using System.Collections.Immutable;
using Iommu.TestKit.Crash;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Explore;

/// <summary>
/// What several callers may have left when a crash has cut some of them off (I13): the acknowledged calls in an order that gives their
/// answers, and of each other nothing, all of it, or what it had done by one of its moments, at any place in that order.
/// </summary>
internal sealed class DurableHistory
{
    private readonly IReadOnlyList<Operation> _operations;
    private readonly IReadOnlyList<Operation>[] _under;
    private readonly int _acknowledged;
    private readonly HashSet<(string, string)> _seen = [];
    private readonly Dictionary<string, IommufdModel> _left = [];

    private DurableHistory(IReadOnlyList<Operation> acknowledged, IReadOnlyList<Operation> cutOff)
    {
        _operations = [.. acknowledged, .. cutOff];
        _acknowledged = acknowledged.Count;
        _under = [.. _operations.Select(one => _operations.Where(other => other != one && other.Overlaps(one)).ToList())];
    }

    /// <param name="before">What the context may have been.</param>
    /// <param name="acknowledged">Calls with their answers.</param>
    /// <param name="cutOff">Calls of which nobody knows; they end at no time.</param>
    /// <returns>Every state that there may be, as it is after a crash; none when no order has the answers.</returns>
    public static IReadOnlyCollection<IommufdModel> Left(
        IEnumerable<IommufdModel> before, IReadOnlyList<Operation> acknowledged, IReadOnlyList<Operation> cutOff)
    {
        var search = new DurableHistory(acknowledged, cutOff);
        foreach (var model in before)
            search.Search([.. Enumerable.Repeat(Progress.None, search._operations.Count)], model);
        return search._left.Values;
    }

    private void Search(ImmutableArray<Progress> progress, IommufdModel model)
    {
        if (!_seen.Add((string.Concat(progress), ModelText.Fingerprint(model)))) return;
        var open = Enumerable.Range(0, progress.Length).Where(i => !progress[i].IsDone).ToList();
        if (open.All(i => i >= _acknowledged))
        {
            var left = new IommufdModel(model.Machine, AfterCrash.Of(model.State));
            _left.TryAdd(ModelText.Fingerprint(left), left);
        }
        var firstAnswer = open.Count == 0 ? 0 : open.Min(i => _operations[i].AnsweredAt);
        foreach (var next in open.Where(i => _operations[i].InvokedAt < firstAnswer))
            foreach (var (after, further) in Next(model, next, progress[next]))
                Search(progress.SetItem(next, further), after);
    }

    private IEnumerable<(IommufdModel, Progress)> Next(IommufdModel model, int number, Progress at) => number < _acknowledged
        ? Moments.Next(model, _operations[number], at, _under[number])
        : DurableMoments.Of(model, _operations[number].Call).Skip(1).Select(after => (after, Progress.Done));
}
