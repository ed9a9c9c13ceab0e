using System.Runtime.Serialization;

namespace Iommu.Persistence.Serialization;

/// <summary>Bytes of a journal that are no event of ours.</summary>
/// <param name="manifest">What the row says that they are.</param>
/// <param name="wrong">What is wrong with them.</param>
/// <param name="right">What would be right.</param>
/// <param name="cause">Why they cannot be read; null when it is their manifest.</param>
public sealed class EventFormatException(string manifest, string wrong, string right, Exception? cause = null)
    : SerializationException($"'{manifest}': {wrong}; {right}", cause)
{
    public string Manifest { get; } = manifest;

    public string Wrong { get; } = wrong;

    public string Right { get; } = right;
}
