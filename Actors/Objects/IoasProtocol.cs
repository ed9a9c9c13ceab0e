using Akka.Actor;
using Iommu.Actors.Core.Ioas;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// From the source of an IOAS_COPY to its destination: map these pages, which are held for it. The sender is the caller.
/// </summary>
internal sealed record MapCopied(IoasCopy Call, IReadOnlyList<PagesSlice> Slices)
{
    /// <summary>The destination is gone.</summary>
    public void LetGo()
    {
        foreach (var slice in Slices) slice.Pages.LetGo();
    }
}

/// <summary>
/// From the context to the IOAS of an HWPT whose end is durable: what its domain asked of areas binds them no more, and the reference
/// that it held is dropped.
/// </summary>
internal sealed record DomainEnded(IPagingDomain Domain);

/// <summary>
/// A dma-buf was taken away: take its pages out of the domains, and run <paramref name="Done"/> when no device reaches them any more.
/// </summary>
internal sealed record PagesTakenAway(PinnedPages Pages, Action Done);

/// <summary>From the context to an IOAS in recovery: are all your areas back? Answered by <see cref="MappingsRestored"/>.</summary>
internal sealed record RestoreMappings
{
    public static readonly RestoreMappings Instance = new();
}

/// <param name="Broken">What cannot be brought back, and why; null when everything is.</param>
internal sealed record MappingsRestored(string? Broken);

/// <summary>
/// From the context to an IOAS, for an IOAS_CHANGE_PROCESS: let no call at your areas until <see cref="Thaw"/>. Answered by
/// <see cref="Frozen"/>.
/// </summary>
internal sealed record Freeze
{
    public static readonly Freeze Instance = new();
}

/// <param name="Ioas">Which.</param>
/// <param name="Errno">EBUSY an area in transition, EINVAL one that is no file's; by the first that is.</param>
/// <param name="Pages">The pages of its areas.</param>
internal sealed record Frozen(ObjectId Ioas, Errno Errno, IReadOnlyList<PinnedPages> Pages);

internal sealed record Thaw
{
    public static readonly Thaw Instance = new();
}
