using Iommu.Messages;
using Iommu.Persistence;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;
using Iommu.Persistence.Mappings;
using Iommu.Persistence.Serialization;
using Iommu.Persistence.Streams;

namespace Iommu.Actors.Journals;

/// <summary>
/// Reads a journal whose rows are not all as they should be, without failing on them: what of it can be kept, and what that folds to. It
/// writes nothing. A row that is gone from a stream takes what follows in that stream with it, and the mappings of an IOAS whose own
/// event is not kept go too: an IOAS to come would have the same stream.
/// </summary>
public sealed class JournalRepair
{
    private readonly JournalTables _tables;
    private readonly SortedDictionary<string, StreamPlan> _plans = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private readonly HashSet<string> _open = [];

    private JournalRepair(JournalTables tables) => _tables = tables;

    /// <param name="source">A SQLite file, or a PostgreSQL connection string.</param>
    /// <exception cref="JournalException">There is no journal, or the database itself cannot be read.</exception>
    public static JournalPlan Plan(string source)
    {
        using var tables = JournalTables.Open(source);
        return JournalTables.Guard(() => new JournalRepair(tables).Plan());
    }

    private JournalPlan Plan()
    {
        var foreign = new List<string>();
        foreach (var stream in _tables.Streams().Order(StringComparer.Ordinal))
        {
            if (StreamKind.Of(stream) is { } kind) _plans[stream] = Survey(stream, kind);
            else foreign.Add(stream);
        }
        foreach (DirectoryEvent happened in Events(StreamNames.Directory)) Fold(happened);
        var unlisted = _plans.Values.Where(plan => plan.Kind == StreamKind.Context)
            .Select(plan => plan.Stream[StreamNames.Context("").Length..]).Where(name => !_names.Contains(name)).ToList();
        // A context comes back when it is opened by its name, whether or not the directory knows it.
        _open.UnionWith(unlisted);
        DropOrphans();
        var contexts = _names.Concat(unlisted).OrderBy(name => !_open.Contains(name)).Select(ToState).ToList();
        return new JournalPlan([.. _plans.Values], foreign, contexts, unlisted);
    }

    private StreamPlan Survey(string stream, StreamKind kind)
    {
        var survey = new StreamSurvey(stream, kind);
        foreach (var row in _tables.Events(stream)) survey.Add(row);
        foreach (var row in _tables.Snapshots(stream)) survey.AddSnapshot(row);
        return survey.Decide();
    }

    private void Fold(DirectoryEvent happened)
    {
        if (happened is ContextOpened opened)
        {
            if (!_names.Contains(opened.Name)) _names.Add(opened.Name);
            _open.Add(opened.Name);
        }
        else if (happened is ContextClosed closed) _open.Remove(closed.Name);
    }

    /// <summary>Mappings of an IOAS that no row which is kept knows.</summary>
    private void DropOrphans()
    {
        var named = new Dictionary<string, (StreamPlan Plan, long Number)>();
        foreach (var plan in _plans.Values)
            foreach (var (stream, number) in plan.Ioases) named[stream] = (plan, number);
        foreach (var plan in _plans.Values.Where(plan => plan.Kind == StreamKind.Ioas).ToList())
        {
            var isNamed = named.TryGetValue(plan.Stream, out var by);
            if (isNamed && by.Number <= by.Plan.Last) continue;
            _plans[plan.Stream] = plan with
            {
                Unwanted = isNamed ? $"its IOAS is of number {by.Number} of {by.Plan.Stream}, which is not kept"
                    : "no row that can be read knows its IOAS",
            };
        }
    }

    private ContextState ToState(string name)
    {
        var stream = StreamNames.Context(name);
        var (graph, history) = (new ObjectGraph(), new GraphHistory());
        // The end of a closed context is an empty graph: what it had before is what one looks for.
        var keepsHistory = !_open.Contains(name) && _plans.TryGetValue(stream, out var plan) && plan.ReachesBack;
        foreach (GraphEvent happened in Events(stream, keepsHistory))
        {
            if (keepsHistory) history.Apply(happened);
            else graph.Apply(happened);
        }
        if (keepsHistory) graph = history.BeforeTheEnd();
        var mappings = new Dictionary<ObjectId, AreaTable>();
        foreach (var ioas in graph.Nodes.Select(node => node.Origin).OfType<IoasAllocated>())
        {
            var areas = mappings[ioas.Id] = new AreaTable();
            foreach (MappingEvent happened in Events(ioas.Stream)) areas.Apply(happened);
        }
        return new ContextState(name, _open.Contains(name), _plans.TryGetValue(stream, out var kept) ? kept.Last : 0, graph, mappings);
    }

    /// <summary>What a recovery would replay of the rows that are kept.</summary>
    private IEnumerable<object> Events(string stream, bool fromTheFirst = false)
    {
        if (!_plans.TryGetValue(stream, out var plan) || plan.Unwanted is not null) yield break;
        var from = fromTheFirst ? 0 : plan.From;
        if (from > 0)
        {
            var snapshot = _tables.Snapshots(stream).Single(row => row.SequenceNr == from);
            foreach (var happened in ((EventList)Read(snapshot)).Events) yield return happened;
        }
        foreach (var row in _tables.Events(stream).SkipWhile(row => row.SequenceNr <= from))
        {
            if (row.SequenceNr > plan.Last) yield break;
            yield return Read(row);
        }
    }

    private static object Read(StoredRow row) => EventFormat.Read(row.Bytes!, row.Manifest);
}
