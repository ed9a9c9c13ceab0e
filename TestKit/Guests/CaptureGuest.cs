using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3;
using Iommu.TestKit.Captures;

namespace Iommu.TestKit.Guests;

/// <summary>
/// A snapshot of a capture turned into a guest behind a vIOMMU: its tables are this guest's memory, its recorded accesses the DMA,
/// its recorded invalidations what the vCPUs issue. A guest that had the SMMU to itself gets its RAM mapped one to one; of a
/// nested capture the first stage is the guest, and the recorded stage 2 says what its IPAs were.
/// </summary>
public sealed class CaptureGuest
{
    private const ulong StreamTableAddress = 0x000F_FFFF_FFFF_FFC0;

    // What a guest may set in its entry (struct iommu_hwpt_arm_smmuv3): V, Config, S1Fmt, S1ContextPtr, S1CDMax;
    // S1DSS, S1CIR, S1COR, S1CSH, S1STALLD.
    private const ulong EntryWord0 = 0xF | (3UL << 4) | StreamTableAddress | (0x1FUL << 59);
    private const ulong EntryWord1 = 0xFF | (1UL << 27);
    private const ulong ConfigMask = 7UL << 1;

    private CaptureGuest(Capture capture, CaptureSnapshot snapshot, GuestMemory memory)
    {
        var captured = new PhysicalMemory();
        snapshot.LoadPages(captured);
        Name = snapshot.Name;
        var isNested = snapshot.Streams.Any(stream => stream.Config == "nested");
        if (!isNested && snapshot.Streams.All(stream => stream.Config != "stage1"))
            throw new CaptureException(capture.Prefix, null, "no stream has a first stage: a vIOMMU can give it no guest");
        Map = isNested
            ? CaptureMap.OfStage2(captured, snapshot)
            : new CaptureMap([new(snapshot.RamBase, snapshot.RamBytes, snapshot.RamBase, Iommu.Hardware.Access.ReadWrite)]);
        Memory = memory;
        foreach (var range in Map.Ranges) memory.Add(range.Ipa, range.LengthBytes, contiguous: true, range.Access);
        foreach (var (address, content) in snapshot.ReadPages()) CopyIn(address, content.Span);
        var virtualIds = isNested ? CaptureCommands.VirtualStreamIds(capture) : null;
        Devices = [.. snapshot.Streams.Select(stream => ToDevice(captured, snapshot, stream, virtualIds)).OfType<CaptureDevice>()];
        Invalidations = CaptureCommands.Read(capture, isNested, Devices.Select(device => device.VirtualStreamId).ToHashSet());
        Accesses = CaptureAccesses.Of(this, snapshot);
    }

    /// <summary>Of the snapshot.</summary>
    public string Name { get; }

    public GuestMemory Memory { get; }

    /// <summary>Its streams, as devices of a VMM.</summary>
    public IReadOnlyList<CaptureDevice> Devices { get; }

    /// <summary>What it invalidated and may invalidate through a vIOMMU, in arrays of up to 64.</summary>
    public IReadOnlyList<InvalidationArray> Invalidations { get; }

    /// <summary>What its devices accessed, and what must come of it.</summary>
    public IReadOnlyList<CaptureAccess> Accesses { get; }

    internal CaptureMap Map { get; }

    /// <param name="capture">The capture.</param>
    /// <param name="snapshot">One of its snapshots.</param>
    /// <param name="memory">Still without segments.</param>
    /// <exception cref="CaptureException">A file is missing or damaged, or the capture has no first stage to nest.</exception>
    public static CaptureGuest Create(Capture capture, CaptureSnapshot snapshot, GuestMemory memory) => new(capture, snapshot, memory);

    private void CopyIn(ulong address, ReadOnlySpan<byte> content)
    {
        // A page that the guest cannot reach is a table of its host.
        if (Map.ToIpa(address) is not { } ipa) return;
        for (var offset = 0; offset < content.Length; offset += 8)
            Memory.Write64(ipa + (ulong)offset, System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(content[offset..]));
    }

    private static CaptureDevice? ToDevice(
        PhysicalMemory captured, CaptureSnapshot snapshot, CaptureStream stream, IReadOnlyDictionary<uint, uint>? virtualIds)
    {
        if (virtualIds is null) return new CaptureDevice(stream.StreamId, stream.StreamId, GuestEntry(captured, snapshot, stream));
        if (virtualIds.TryGetValue(stream.StreamId, out var virtualId))
            return new CaptureDevice(stream.StreamId, virtualId, GuestEntry(captured, snapshot, stream));
        // A device without a virtual id is the host's own, but for those on the nest parent itself.
        return stream.Config == "stage2" ? new CaptureDevice(stream.StreamId, stream.StreamId, null) : null;
    }

    private static byte[] GuestEntry(PhysicalMemory captured, CaptureSnapshot snapshot, CaptureStream stream)
    {
        var address = EntryAddress(captured, snapshot.CreateRegisters(), stream.StreamId);
        var (word0, word1) = (captured.Read64(address) & EntryWord0, captured.Read64(address + 8) & EntryWord1);
        var config = (StreamConfig)((word0 & ConfigMask) >> 1);
        (config, word0, word1) = config switch
        {
            StreamConfig.Nested or StreamConfig.Stage1 => (StreamConfig.Stage1, word0, word1),
            StreamConfig.Stage2 or StreamConfig.Bypass => (StreamConfig.Bypass, 1UL, 0UL),
            _ => (StreamConfig.Abort, 1UL, 0UL),
        };
        var entry = new byte[16];
        BitConverter.TryWriteBytes(entry, (word0 & ~ConfigMask) | ((ulong)config << 1));
        BitConverter.TryWriteBytes(entry.AsSpan(8), word1);
        return entry;
    }

    /// <summary>In a table of two levels, split 8, as all captures have.</summary>
    internal static ulong EntryAddress(PhysicalMemory captured, Registers registers, uint streamId)
    {
        var level1 = (registers.StreamTableBase & StreamTableAddress) + ((ulong)(streamId >> 8) << 3);
        return (captured.Read64(level1) & StreamTableAddress) + ((ulong)(streamId & 0xFF) << 6);
    }
}

/// <param name="StreamId">In the capture's rows.</param>
/// <param name="VirtualStreamId">In the guest's commands.</param>
/// <param name="StreamTableEntry">The guest's entry, 16 bytes; null for a device on the nest parent itself.</param>
public sealed record CaptureDevice(uint StreamId, uint VirtualStreamId, byte[]? StreamTableEntry);
