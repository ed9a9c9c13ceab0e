using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Akka.Serialization;

/// <summary>Type names as Akka.NET writes them into configurations and manifests: with the assembly, without its version.</summary>
internal static partial class TypeNames
{
    private static readonly ConcurrentDictionary<Type, string> Shortened = new();

    /// <summary>Null if no such type can be loaded. This assembly has what Akka.NET keeps in Akka and Akka.Persistence.</summary>
    public static Type? Find(string name)
    {
        var comma = name.LastIndexOf(',');
        var assembly = comma < 0 ? "" : name[(comma + 1)..].Trim();
        return assembly is "Akka" or "Akka.Persistence"
            ? typeof(TypeNames).Assembly.GetType(name[..comma].Trim())
            : Type.GetType(name);
    }

    public static string Short(Type type) =>
        Shortened.GetOrAdd(type, static t => VersionParts().Replace(t.AssemblyQualifiedName ?? t.Name, ""));

    [GeneratedRegex(@", (Version=[\d.]+|Culture=[^,\]]+|PublicKeyToken=(null|[\da-f]+))")]
    private static partial Regex VersionParts();
}
