using Iommu.Hardware.Memory;
using Iommu.Messages;

namespace Iommu.Actors.Core.Ioas;

/// <summary>A file that is no memory file: it can be mapped, and fails when pages are wanted (memfd_pin_folios).</summary>
internal sealed class FileWithoutMemory : IPageSource
{
    public static readonly FileWithoutMemory Instance = new();

    public Errno Pin(ulong address, Span<ulong> frames) => Errno.EINVAL;

    public void Unpin(ReadOnlySpan<ulong> frames) => throw new InvalidOperationException("no page of this file was pinned");

    public Errno Read(ulong address, Span<byte> destination) => Errno.EINVAL;

    public Errno Write(ulong address, ReadOnlySpan<byte> source) => Errno.EINVAL;

    public ulong? Translate(ulong address) => null;

    public int PinsOf(ulong address) => 0;
}
