using Akka.Actor;
using Iommu.Messages;
using Iommu.Persistence;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;
using Iommu.Persistence.Mappings;
using Iommu.Persistence.Streams;

namespace Iommu.Actors.Journals;

/// <summary>
/// Folds a journal to what it reconstructs: the directory, then the graph of each context, then the mappings of each IOAS. It runs
/// in a system of its own, made with <see cref="ReadOnlyJournal"/>, needs no machine, and answers one <see cref="ReadJournal"/>.
/// </summary>
public sealed class JournalReader : ReceiveActor
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    private readonly List<string> _names = [];
    private readonly HashSet<string> _open = [];
    private readonly List<Reading> _readings = [];
    private readonly Dictionary<string, Action<long>> _underWay = [];
    private string? _wanted;
    private IActorRef _asker = ActorRefs.NoSender;

    public JournalReader()
    {
        Receive<ReadJournal>(Begin);
        Receive<StreamFolded>(OnFolded);
        Receive<StreamUnreadable>(OnUnreadable);
    }

    /// <summary>Reads the journal that the system is configured with.</summary>
    /// <param name="system">Made with <see cref="ReadOnlyJournal"/>.</param>
    /// <param name="context">The one context to fold; null for every one.</param>
    /// <exception cref="JournalException">A stream cannot be read.</exception>
    public static Task<JournalContents> ReadAsync(ActorSystem system, string? context = null) =>
        system.ActorOf(Props.Create(() => new JournalReader())).Ask<JournalContents>(new ReadJournal(context), Patience);

    private void Begin(ReadJournal request)
    {
        _wanted = request.Context;
        _asker = Sender;
        Read(StreamNames.Directory, StreamKind.Directory, fromSnapshot: true, Directory, _ => ReadContexts());
    }

    private void Directory(object happened)
    {
        switch (happened)
        {
            case ContextOpened opened:
                if (!_names.Contains(opened.Name)) _names.Add(opened.Name);
                _open.Add(opened.Name);
                break;
            case ContextClosed closed:
                _open.Remove(closed.Name);
                break;
        }
    }

    private void ReadContexts()
    {
        foreach (var name in _names.Where(name => _wanted is null || name == _wanted).OrderBy(name => !_open.Contains(name)))
        {
            var reading = new Reading(name, _open.Contains(name));
            _readings.Add(reading);
            Read(reading);
        }
    }

    private void Read(Reading reading) => Read(
        reading.Stream, StreamKind.Context, !reading.KeepsHistory, reading.Fold, events => ReadMappings(reading, events));

    private void ReadMappings(Reading reading, long events)
    {
        reading.EventsTotal = events;
        foreach (var ioas in reading.Graph.Nodes.Select(node => node.Origin).OfType<IoasAllocated>())
        {
            var areas = reading.Mappings[ioas.Id] = new AreaTable();
            Read(ioas.Stream, StreamKind.Ioas, fromSnapshot: true, happened => areas.Apply((MappingEvent)happened), _ => { });
        }
    }

    private void Read(string stream, StreamKind kind, bool fromSnapshot, Action<object> fold, Action<long> then)
    {
        _underWay[stream] = then;
        Context.ActorOf(StreamReader.Props(stream, kind, fromSnapshot, fold));
    }

    private void OnFolded(StreamFolded folded)
    {
        if (!_underWay.Remove(folded.Stream, out var then)) return;
        then(folded.EventsTotal);
        if (_underWay.Count == 0) Answer(new JournalContents(_names, [.. _readings.Select(reading => reading.ToState())]));
    }

    /// <summary>What a closed context had before its close is told by rows that no recovery reads, where there is a snapshot.</summary>
    private void OnUnreadable(StreamUnreadable unreadable)
    {
        var reading = _readings.Find(reading => reading.Stream == unreadable.Stream);
        if (reading is { KeepsHistory: true })
        {
            reading.ForgetHistory();
            Read(reading);
        }
        else Answer(new Status.Failure(unreadable.Cause));
    }

    private void Answer(object answer)
    {
        _asker.Tell(answer);
        Context.Stop(Self);
    }

    private sealed class Reading(string name, bool open)
    {
        private ObjectGraph _graph = new();
        private readonly GraphHistory _history = new();

        public string Stream => StreamNames.Context(name);

        /// <summary>Whether it is to end with what the context had before its close, and not with nothing.</summary>
        public bool KeepsHistory { get; private set; } = !open;

        public long EventsTotal { get; set; }

        public ObjectGraph Graph => KeepsHistory ? _history.BeforeTheEnd() : _graph;

        public Dictionary<ObjectId, AreaTable> Mappings { get; } = [];

        public void Fold(object happened)
        {
            var change = (GraphEvent)happened;
            if (KeepsHistory) _history.Apply(change);
            else _graph.Apply(change);
        }

        public void ForgetHistory() => (KeepsHistory, _graph) = (false, new ObjectGraph());

        public ContextState ToState() => new(name, open, EventsTotal, Graph, Mappings);
    }
}
