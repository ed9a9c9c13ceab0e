using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd.Formats;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>
/// The host's writer of one device's PASID directory and tables; PASID 0 is that of requests without one. Tables are made when a PASID
/// of theirs is first used, and stay.
/// </summary>
internal sealed class DeviceTables
{
    private const ulong Present = 1;

    private readonly PhysicalMemory _memory;
    private readonly FrameAllocator _frames;
    private readonly Lock _lock = new();

    private DeviceTables(PhysicalMemory memory, FrameAllocator frames, ulong directory, int pasidBits) =>
        (_memory, _frames, Directory, PasidBits) = (memory, frames, directory, pasidBits);

    public ulong Directory { get; }

    /// <summary>PASIDs below 2^this have room in the directory.</summary>
    public int PasidBits { get; }

    /// <summary>PDTS of the context entry: the directory has 2^(PDTS + 7) entries.</summary>
    public int SizeEncoded => PasidBits - 13;

    /// <summary>A directory for so many PASIDs, at least the smallest; null when there are no frames.</summary>
    public static DeviceTables? Create(PhysicalMemory memory, FrameAllocator frames, int pasidBits)
    {
        var bits = Math.Clamp(pasidBits, 13, 20);
        return frames.Allocate(Math.Max(0, bits - 6 + 3 - PhysicalMemory.PageLog2)) is { } directory
            ? new DeviceTables(memory, frames, directory, bits) : null;
    }

    /// <summary>The entry of a PASID, its table made; null when there is no frame for it.</summary>
    public ulong? Reserve(uint pasid)
    {
        lock (_lock)
        {
            var slot = Directory + (ulong)(pasid >> 6) * 8;
            var table = _memory.Read64(slot) & ~0xFFFUL;
            if (table == 0)
            {
                if (_frames.Allocate() is not { } fresh) return null;
                _memory.Write64(slot, (table = fresh) | Present);
            }
            return table + (ulong)(pasid & 0x3F) * PasidEntry.Bytes;
        }
    }

    /// <summary>
    /// The domain that an entry is of, and whether by a first stage of the host's; null for one that is not present. It may have been
    /// written before a crash of the core, for a domain that nobody knows any more.
    /// </summary>
    public (int DomainId, bool IsFirstStage)? Find(ulong entry)
    {
        var word0 = _memory.Read64(entry);
        return (word0 & Present) == 0 ? null
            : ((int)Field(_memory.Read64(entry + 8), 15, 0), (TranslationType)Field(word0, 8, 6) == TranslationType.FirstStage);
    }

    /// <summary>Makes an entry stop requests; the rest of it stays until <see cref="Write"/>.</summary>
    public void WriteNotPresent(ulong entry) => _memory.Write64(entry, _memory.Read64(entry) & ~Present);

    /// <summary>Writes an entry that hardware does not use at the moment: word 0, which makes it live, last.</summary>
    public void Write(ulong entry, ReadOnlySpan<ulong> words)
    {
        for (var i = PasidEntry.Words - 1; i >= 0; i--) _memory.Write64(entry + (ulong)i * 8, i < words.Length ? words[i] : 0);
    }
}
