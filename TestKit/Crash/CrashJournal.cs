using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql.Journal;

namespace Iommu.TestKit.Crash;

/// <summary>The SQL journal, which says when it comes to a point of its writes.</summary>
/// <param name="config">The plugin's.</param>
public sealed class CrashJournal(Config config) : SqlWriteJournal(config)
{
    private TimeSpan _lastTook = TimeSpan.FromMilliseconds(1);

    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        CrashTrigger.Current?.Committing();
        var watch = Stopwatch.StartNew();
        var write = base.WriteMessagesAsync(messages);
        CrashTrigger.Current?.Committed(_lastTook);
        var refused = await write;
        _lastTook = watch.Elapsed;
        CrashTrigger.Current?.Durable();
        return refused;
    }
}
