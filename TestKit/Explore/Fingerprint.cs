using System.Collections.Concurrent;

namespace Iommu.TestKit.Explore;

/// <summary>Numbers of 64 bits that stand for texts and sequences, the same on every machine and in every build.</summary>
internal static class Fingerprint
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    private static readonly ConcurrentDictionary<Type, ulong> Types = new();

    /// <summary>FNV-1a.</summary>
    public static ulong Of(string text)
    {
        var hash = Offset;
        foreach (var c in text) hash = (hash ^ c) * Prime;
        return hash;
    }

    public static ulong Of(Type? type) => type is null ? 0 : Types.GetOrAdd(type, static it => Of(it.Name));

    /// <summary>What came before, and one thing more.</summary>
    public static ulong Then(ulong before, ulong next)
    {
        var mixed = (before ^ next) * 0x9E3779B97F4A7C15;
        return (mixed ^ (mixed >> 29)) * Prime;
    }
}
