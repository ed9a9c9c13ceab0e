using System.Collections.Concurrent;
using Iommu.Actors.Core;
using Iommu.Actors.Objects;
using Iommu.Messages;

namespace Iommu.Actors;

/// <summary>
/// The published objects of a context. Only its context actor publishes and withdraws; anybody looks up, from any thread, and
/// sees an object whole or not at all.
/// </summary>
public sealed class ObjectTable
{
    private readonly ConcurrentDictionary<ObjectId, ObjectEntry> _prepared = new();
    private ObjectEntry?[] _entries = new ObjectEntry?[16];

    private VfioState _vfio = new(null, false);

    /// <summary>What the context's file offers to mmap().</summary>
    internal MmapTable<ViommuServices> Regions { get; } = new();

    /// <summary>Who waits for an answer of the context; lost when it has ended otherwise than by its close.</summary>
    internal WaitingCalls Waiting { get; } = new();

    /// <summary>What the VFIO compatibility calls work on.</summary>
    public VfioState Vfio { get => Volatile.Read(ref _vfio); internal set => Volatile.Write(ref _vfio, value); }

    /// <summary>Null when nothing is published under the id.</summary>
    public ObjectEntry? Find(ObjectId id)
    {
        var entries = Volatile.Read(ref _entries);
        return id.Value < (uint)entries.Length ? Volatile.Read(ref entries[id.Value]) : null;
    }

    /// <summary>Null when nothing of that type is published under the id.</summary>
    public ObjectEntry? Find(ObjectId id, ObjectType type) => Find(id) is { } entry && entry.Type == type ? entry : null;

    /// <summary>The object that stands for a driver's; null when none is published. Looks through all of them.</summary>
    public ObjectEntry? FindHardware(object hardware)
    {
        foreach (ref var slot in Volatile.Read(ref _entries).AsSpan())
            if (Volatile.Read(ref slot) is { } entry && ReferenceEquals(entry.Hardware, hardware)) return entry;
        return null;
    }

    /// <summary>What is published and of that type, in the order of ids.</summary>
    public IEnumerable<ObjectEntry> All(ObjectType type) =>
        Volatile.Read(ref _entries).OfType<ObjectEntry>().Where(entry => entry.Type == type);

    /// <summary>What an object is to others, for itself: also before lookups find it.</summary>
    internal ObjectEntry FindOwn(ObjectId id) =>
        // It may be shown in between: then it is found the second time.
        Find(id) ?? _prepared.GetValueOrDefault(id) ?? Find(id) ?? throw new InvariantViolation("I2", $"object {id} is not in the table");

    /// <summary>The object exists, and lookups do not find it until it is shown.</summary>
    internal void Prepare(ObjectEntry entry) => _prepared[entry.Id] = entry;

    internal void Show(ObjectId id)
    {
        if (!_prepared.TryGetValue(id, out var entry)) return;
        Publish(entry);
        _prepared.TryRemove(id, out _);
    }

    internal void Publish(ObjectEntry entry)
    {
        if (entry.Id.Value >= (uint)_entries.Length) Grow(entry.Id.Value);
        if (_entries[entry.Id.Value] is not null)
            throw new InvariantViolation("I3", $"id {entry.Id} is published while it still names an object");
        Volatile.Write(ref _entries[entry.Id.Value], entry);
    }

    internal void Withdraw(ObjectId id)
    {
        if (!_prepared.TryRemove(id, out _)) Volatile.Write(ref _entries[id.Value], null);
    }

    private void Grow(uint id)
    {
        var larger = new ObjectEntry?[Math.Max(id + 1, 2 * (uint)_entries.Length)];
        _entries.CopyTo(larger, 0);
        Volatile.Write(ref _entries, larger);
    }
}

/// <summary>What a context keeps for VFIO's calls, which name no IOAS.</summary>
/// <param name="Ioas">The compatibility IOAS; null when there is none.</param>
/// <param name="NoIommu">Whether it is in no-IOMMU mode.</param>
public sealed record VfioState(ObjectEntry? Ioas, bool NoIommu);
