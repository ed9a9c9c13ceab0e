namespace Akka.Util;

/// <summary>A string hash that is the same in every process, so that no order depends on the process (FNV-1a).</summary>
internal static class StableHash
{
    public static int Of(string text)
    {
        var hash = 2166136261u;
        foreach (var c in text) hash = (hash ^ c) * 16777619u;
        return (int)hash;
    }
}
