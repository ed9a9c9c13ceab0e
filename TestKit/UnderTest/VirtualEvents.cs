using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.UnderTest;

/// <summary>The event queue of a vIOMMU, as its VMM reads it.</summary>
public sealed class VirtualEvents : EventFileUnderTest
{
    private static readonly int HeaderBytes = Unsafe.SizeOf<IommufdVeventHeader>();

    private readonly int _eventBytes;

    internal VirtualEvents(EventQueueAnswer queue, int eventBytes, TimeSpan patience) : base(queue, patience) =>
        _eventBytes = eventBytes;

    /// <summary>Expects an event that has come, or comes soon; those before it are read too, and gone.</summary>
    /// <param name="what">Which, in words, for the message.</param>
    /// <param name="matches">Which.</param>
    /// <exception cref="ExpectationException">None came.</exception>
    public async Task<VirtualEvent> ExpectAsync(string what, Func<VirtualEvent, bool> matches)
    {
        var others = new List<string>();
        while (await ReadAsync(HeaderBytes + _eventBytes) is { IsEmpty: false } bytes)
        {
            var read = Decode(bytes);
            if (matches(read)) return read;
            others.Add(read.ToString());
        }
        throw Missing(what, "events", others);
    }

    /// <summary>Expects that the queue has said that events were lost.</summary>
    /// <exception cref="ExpectationException">None were.</exception>
    public Task<VirtualEvent> ExpectLostAsync() => ExpectAsync("lost events", read => read.IsLost);

    private static VirtualEvent Decode(ReadOnlyMemory<byte> bytes)
    {
        var header = MemoryMarshal.Read<IommufdVeventHeader>(bytes.Span);
        return new(header.Sequence, header.Flags.HasFlag(VeventFlags.LostEvents), bytes[HeaderBytes..]);
    }
}

/// <summary>An event of a vIOMMU.</summary>
/// <param name="Sequence">Its number; a gap tells how many were lost.</param>
/// <param name="IsLost">It only says that some were lost.</param>
/// <param name="Data">In the layout of its type.</param>
public sealed record VirtualEvent(uint Sequence, bool IsLost, ReadOnlyMemory<byte> Data)
{
    public override string ToString() => $"event {Sequence} {(IsLost ? "lost" : Convert.ToHexStringLower(Data.Span))}";
}
