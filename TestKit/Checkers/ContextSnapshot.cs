using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Contexts;
using Iommu.Actors.Core.Ioas;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Persistence.Graph;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// Everything that a context is at a moment when no call is in flight, by name and in words: the graph, ids, counts, areas and what they
/// pin, regions for mmap(), open files, charges.
/// </summary>
internal sealed class ContextSnapshot
{
    private const string Area = "area ";
    private const string ChargedToUser = "pages charged to the user";
    private const string ChargedToProcess = "pages charged to the process";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SortedDictionary<string, string> _found = new(StringComparer.Ordinal);

    /// <param name="context">The context.</param>
    /// <param name="process">Whose calls it serves.</param>
    /// <param name="beside">What else is part of the state.</param>
    public static async Task<ContextSnapshot> TakeAsync(
        IommufdContext context, UserProcess process, IReadOnlyList<(string Name, Func<object> Look)> beside)
    {
        var snapshot = new ContextSnapshot();
        var objects = await context.Actor.Ask<List<IActorRef>>(new InspectContext(state => snapshot.Note(state)), Patience);
        foreach (var actor in objects) await actor.Ask<ObjectId>(new Inspect(state => snapshot.Note(state)), Patience);
        snapshot.Note(context.Table);
        snapshot.Note(process);
        foreach (var (name, look) in beside) snapshot._found[name] = look().ToString()!;
        return snapshot;
    }

    /// <summary>Whether a name stands for an area, or for what areas are charged.</summary>
    public static bool IsOfAreas(string name) =>
        name.StartsWith(Area, StringComparison.Ordinal) || name is ChargedToUser or ChargedToProcess;

    /// <summary>What is another one now, in words.</summary>
    /// <param name="after">A later look.</param>
    /// <param name="but">The names of what may be another one.</param>
    public IEnumerable<string> DifferencesTo(ContextSnapshot after, Predicate<string> but) =>
        from name in _found.Keys.Union(after._found.Keys)
        where !but(name)
        let was = _found.GetValueOrDefault(name, "nothing")
        let now = after._found.GetValueOrDefault(name, "nothing")
        where was != now
        select $"{name} was {was}, is {now}";

    private List<IActorRef> Note(ContextInspection context)
    {
        _found["ids taken"] = $"{context.IdsTaken}";
        _found["tombstones"] = string.Join(' ', context.Graph.Tombstones);
        _found["the way pins are charged"] = $"{context.Graph.RlimitMode}";
        _found["the IOAS of VFIO"] = $"{context.Graph.VfioIoas}";
        foreach (var node in context.Graph.Nodes) _found[Name(node.Id)] = Describe(node);
        return [.. context.Objects.Values];
    }

    private object Note(ObjectInspection state)
    {
        _found[$"counts of {Name(state.Id)}"] = $"{state.Counts.Users}/{state.Counts.Waits}, {state.Holds} of the process's";
        if (state.State is IoPagetable pagetable) Note(state.Id, pagetable);
        return state.Id;
    }

    private void Note(ObjectId ioas, IoPagetable pagetable)
    {
        _found[$"limits of {Name(ioas)}"] = $"alignment {pagetable.IovaAlignment}, {(pagetable.LargePages ? "large" : "small")} pages, "
            + $"{pagetable.Domains.Count} domains, usable {string.Join(' ', pagetable.UsableRanges)}, "
            + $"allowed {string.Join(' ', pagetable.Allowed)}";
        foreach (var area in pagetable.Areas)
            _found[$"{Area}0x{area.Iova:x} of {Name(ioas)}"] =
                $"{area.Describe()}, {area.State}, {area.Accesses} accesses, {area.Locks} locks, "
                + $"{area.Pages.PinnedCount} pins{(area.PreventsAccess ? ", closed" : "")}";
    }

    private void Note(ObjectTable table)
    {
        foreach (var type in Enum.GetValues<ObjectType>())
            foreach (var entry in table.All(type)) _found[$"lookup of {entry.Id}"] = type.Name();
        foreach (var region in table.Regions.All) _found[$"region 0x{region.Offset:x}"] = $"0x{region.LengthBytes:x} bytes";
    }

    private void Note(UserProcess process)
    {
        _found["open files"] = $"{process.Files.Count}";
        _found[ChargedToUser] = $"{process.User.LockedPages}";
        _found[ChargedToProcess] = $"{process.Own.LockedPages}";
    }

    private static string Describe(GraphNode node) =>
        $"{node.Type.Name()} on {string.Join(' ', node.Origin.DependsOn)}, attached {string.Join(' ', node.Attachments)}";

    private static string Name(ObjectId id) => $"object {id}";
}
