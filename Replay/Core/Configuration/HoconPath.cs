namespace Akka.Configuration;

/// <summary>Paths such as <c>akka.actor."a.b"</c>: keys between dots, a key with dots in it quoted.</summary>
internal static class HoconPath
{
    public static IEnumerable<string> Split(string path) => path.Contains('"') ? SplitQuoted(path) : path.Split('.');

    private static IEnumerable<string> SplitQuoted(string path)
    {
        var start = 0;
        var quoted = false;
        for (var i = 0; i <= path.Length; i++)
        {
            if (i < path.Length && path[i] == '"') quoted = !quoted;
            if (i < path.Length && (path[i] != '.' || quoted)) continue;
            yield return path[start..i].Trim('"');
            start = i + 1;
        }
    }
}
