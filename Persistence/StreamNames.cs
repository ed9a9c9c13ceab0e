using Iommu.Messages;

namespace Iommu.Persistence;

/// <summary>The persistence ids of a journal. They are part of its format: never change one.</summary>
public static class StreamNames
{
    public const string Directory = "iommu/contexts";

    /// <summary>What the stream of every IOAS begins with.</summary>
    public const string IoasPrefix = "iommu/ioas/";

    public static string Context(string name) => $"iommu/context/{name}";

    /// <param name="name">The context's name.</param>
    /// <param name="id">The IOAS.</param>
    /// <param name="incarnation">The context's sequence number when it was allocated, since ids are used again.</param>
    public static string Ioas(string name, ObjectId id, long incarnation) => $"{IoasPrefix}{name}/{id}.{incarnation}";
}
