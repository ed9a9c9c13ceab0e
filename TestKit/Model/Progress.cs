using System.Collections.Immutable;
using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>How far a call of a history has come in the checker's search.</summary>
/// <param name="Taken">How many of its moments it has had.</param>
internal sealed record Progress(int Taken)
{
    public static readonly Progress None = new(0);

    public static readonly Progress Done = new(int.MaxValue);

    public bool IsDone => Taken == int.MaxValue;

    /// <summary>Objects that a later moment is about.</summary>
    public ImmutableList<ObjectId> Objects { get; init; } = [];

    /// <summary>A domain that an attach has made and that others do not find yet.</summary>
    public ObjectId Made { get; init; }

    /// <summary>What a copy has found in its source.</summary>
    public IReadOnlyList<IommufdModel.Slice> Slices { get; init; } = [];

    /// <summary>Areas that an unmap is about to finish, by IOVA.</summary>
    public ImmutableList<ulong> Areas { get; init; } = [];

    /// <summary>Where an unmap goes on.</summary>
    public ulong Iova { get; init; }

    /// <summary>What an unmap has unmapped.</summary>
    public ulong Bytes { get; init; }

    public override string ToString() =>
        IsDone ? "." : $"{Taken}({string.Join(',', Objects)}|{Made}|{string.Join(',', Areas)}|{Iova}|{Bytes}"
        + $"|{string.Join(',', Slices.Select(slice => $"{slice.Pages.Number}:{slice.Address:x}+{slice.LengthBytes:x}"))})";
}
