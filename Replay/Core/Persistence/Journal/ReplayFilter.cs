using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Pattern;

namespace Akka.Persistence.Journal;

/// <summary>
/// Judges events of one persistence id by their writers: a new writer begins after the old one ended, so what an old writer
/// wrote at or past the new one's first event, or after it, does not belong to the history.
/// </summary>
internal sealed class ReplayFilter(ReplayFilterSettings settings, ILoggingAdapter log, Action<IPersistentRepresentation> send)
{
    private readonly LinkedList<IPersistentRepresentation> _window = [];
    private readonly Queue<string> _oldWriters = new();
    private string _writer = "";
    private long _sequenceNr;

    public void Add(IPersistentRepresentation persistent)
    {
        if (settings.Mode == ReplayFilterMode.Disabled)
        {
            send(persistent);
            return;
        }

        if (_window.Count == settings.WindowSize) SendOldest();
        if (persistent.WriterGuid == _writer)
        {
            if (persistent.SequenceNr < _sequenceNr && !Keep(persistent, "its writer has already written a later one")) return;
        }
        else if (_oldWriters.Contains(persistent.WriterGuid))
        {
            if (!Keep(persistent, $"the writer {_writer} had already taken over at {_sequenceNr}")) return;
            _window.AddLast(persistent);
            return;
        }
        else
        {
            TakeOver(persistent);
        }

        _sequenceNr = persistent.SequenceNr;
        _window.AddLast(persistent);
    }

    public void Flush()
    {
        while (_window.Count > 0) SendOldest();
    }

    private void TakeOver(IPersistentRepresentation first)
    {
        if (_writer.Length > 0) _oldWriters.Enqueue(_writer);
        if (_oldWriters.Count > settings.MaxOldWriters) _oldWriters.Dequeue();
        _writer = first.WriterGuid;
        for (var node = _window.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.SequenceNr >= first.SequenceNr && !Keep(node.Value, $"the writer {_writer} took over at {first.SequenceNr}"))
                _window.Remove(node);
            node = next;
        }
    }

    /// <exception cref="IllegalStateException">The mode is fail.</exception>
    private bool Keep(IPersistentRepresentation persistent, string reason)
    {
        var message = $"Invalid replayed event [sequenceNr={persistent.SequenceNr}, writerUUID={persistent.WriterGuid}] of persistenceId "
            + $"[{persistent.PersistenceId}]: {reason}. Are there two actors with this persistenceId?";
        if (settings.Mode == ReplayFilterMode.Fail)
        {
            _window.Clear();
            throw new IllegalStateException(message);
        }

        log.Warning(message);
        return settings.Mode == ReplayFilterMode.Warn;
    }

    private void SendOldest()
    {
        var oldest = _window.First!.Value;
        _window.RemoveFirst();
        send(oldest);
    }
}

/// <summary>What to do with events that do not belong to the history.</summary>
public enum ReplayFilterMode
{
    Fail,
    Warn,
    RepairByDiscardOld,
    Disabled,
}

/// <summary>The section replay-filter of a journal's configuration.</summary>
internal sealed class ReplayFilterSettings(Config config)
{
    public ReplayFilterMode Mode { get; } = config.GetString("mode", "").ToLowerInvariant() switch
    {
        "off" => ReplayFilterMode.Disabled,
        "repair-by-discard-old" => ReplayFilterMode.RepairByDiscardOld,
        "fail" => ReplayFilterMode.Fail,
        "warn" => ReplayFilterMode.Warn,
        var mode => throw new ConfigurationException(
            $"Invalid replay-filter.mode [{mode}], supported values [off, repair-by-discard-old, fail, warn]"),
    };

    public int WindowSize { get; } = config.GetInt("window-size");

    public int MaxOldWriters { get; } = config.GetInt("max-old-writers");
}
