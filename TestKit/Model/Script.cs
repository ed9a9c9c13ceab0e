using System.Collections.Concurrent;
using System.Reflection;
using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>
/// Calls that name objects by the call that made them, so that a call can be left out and the others still mean the same objects.
/// </summary>
internal static class Script
{
    /// <summary>An id that no context gives out.</summary>
    public static readonly ObjectId Missing = new(int.MaxValue);

    private const uint FirstReference = 1u << 31;

    private static readonly ConcurrentDictionary<Type, (PropertyInfo[] Ids, MethodInfo Clone)> Shapes = new();

    /// <summary>Puts the number of the call that made an object in the place of its id.</summary>
    /// <param name="call">The call, with ids.</param>
    /// <param name="makers">The number of the call by the id of the object that it made.</param>
    public static Call Refer(Call call, IReadOnlyDictionary<ObjectId, int> makers) =>
        Change(call, id => makers.TryGetValue(id, out var maker) ? new ObjectId(FirstReference + (uint)maker) : id);

    /// <summary>Puts ids in the place of references.</summary>
    /// <param name="call">The call, with references.</param>
    /// <param name="made">The id that each call has returned; of those that returned none nothing.</param>
    public static Call Resolve(Call call, IReadOnlyDictionary<int, ObjectId> made) =>
        Change(call, id => id.Value < FirstReference ? id : made.GetValueOrDefault((int)(id.Value - FirstReference), Missing));

    /// <summary>Whether a call has this id in one of its fields.</summary>
    public static bool Names(Call call, ObjectId id) =>
        Shapes.GetOrAdd(call.GetType(), Shape).Ids.Any(property => (ObjectId)property.GetValue(call)! == id);

    private static Call Change(Call call, Func<ObjectId, ObjectId> change)
    {
        var (ids, clone) = Shapes.GetOrAdd(call.GetType(), Shape);
        Call? changed = null;
        foreach (var property in ids)
        {
            var id = (ObjectId)property.GetValue(call)!;
            var other = change(id);
            if (id == other) continue;
            changed ??= (Call)clone.Invoke(call, null)!;
            property.SetValue(changed, other);
        }
        return changed ?? call;
    }

    private static (PropertyInfo[], MethodInfo) Shape(Type type) => (
        [.. type.GetProperties().Where(property => property.PropertyType == typeof(ObjectId))], type.GetMethod("<Clone>$")!);
}
