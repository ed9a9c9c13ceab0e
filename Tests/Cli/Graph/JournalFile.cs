using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Iommu.Actors;
using Iommu.Persistence;
using Iommu.Persistence.Events;

namespace Iommu.Tests.Cli.Graph;

/// <summary>Writes journals as a run does: the same configuration, streams and serializer.</summary>
public static class JournalFile
{
    /// <summary>Appends events to streams of the journal in a SQLite file.</summary>
    public static Task WriteAsync(string path, params (string Stream, IReadOnlyList<object> Events)[] streams) =>
        WriteAsync(SimulatorConfig.Sqlite(path), streams);

    /// <summary>Appends events to streams of the journal that is configured.</summary>
    public static async Task WriteAsync(Config journal, params (string Stream, IReadOnlyList<object> Events)[] streams)
    {
        var system = ActorSystem.Create("writer", journal);
        foreach (var (stream, events) in streams)
            await system.ActorOf(Props.Create(() => new Writer(stream))).Ask<Done>(new Write(events), TimeSpan.FromSeconds(30));
        await system.Terminate();
    }

    public static (string Stream, IReadOnlyList<object> Events) Directory(params DirectoryEvent[] events) =>
        (StreamNames.Directory, events);

    public static (string Stream, IReadOnlyList<object> Events) Context(string name, params IEnumerable<object> events) =>
        (StreamNames.Context(name), [.. events]);

    private sealed record Write(IReadOnlyList<object> Events);

    private sealed record Done;

    private sealed class Writer : ReceivePersistentActor
    {
        public Writer(string stream)
        {
            PersistenceId = stream;
            RecoverAny(_ => { });
            Command<Write>(write =>
            {
                var asker = Sender;
                var left = write.Events.Count;
                PersistAll(write.Events, _ =>
                {
                    if (--left == 0) asker.Tell(new Done());
                });
            });
        }

        public override string PersistenceId { get; }
    }
}
