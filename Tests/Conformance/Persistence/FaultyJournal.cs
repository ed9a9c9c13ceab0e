using System.Collections.Immutable;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace Iommu.Tests.Conformance.Persistence;

/// <summary>
/// Keeps events in memory. It loses the connection over a write with the event "lost", rejects one with the event "bad", and
/// answers one with the event "late" only when somebody sends it "now".
/// </summary>
public sealed class FaultyJournal : MemoryJournal
{
    private readonly Queue<TaskCompletionSource> _late = new();

    protected override bool ReceivePluginInternal(object message)
    {
        if (message is not "now") return base.ReceivePluginInternal(message);
        while (_late.TryDequeue(out var waiting)) waiting.SetResult();
        return true;
    }

    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        var writes = messages.ToList();
        if (writes.Exists(write => Has(write, "lost"))) throw new IOException("the connection is lost");
        var good = writes.Where(write => !Has(write, "bad")).ToList();
        if (good.Count > 0) await base.WriteMessagesAsync(good);
        if (writes.Exists(write => Has(write, "late"))) await Late();
        return writes.Select(write => Has(write, "bad") ? new ArgumentException("a bad event") : (Exception)null!).ToImmutableList();
    }

    private static bool Has(AtomicWrite write, string text) =>
        ((IEnumerable<IPersistentRepresentation>)write.Payload).Any(persistent => persistent.Payload is string payload && payload == text);

    private Task Late()
    {
        var waiting = new TaskCompletionSource();
        _late.Enqueue(waiting);
        return waiting.Task;
    }
}
