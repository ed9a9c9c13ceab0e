using System.Buffers.Binary;
using System.Collections.Concurrent;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>
/// Turns a guest's raw commands (struct iommu_viommu_arm_smmuv3_invalidate) into host commands: the VMID is overwritten,
/// virtual stream ids become real ones, and whatever could stop the host's queue is refused with EIO.
/// </summary>
internal sealed class GuestCommandConverter(Capabilities capabilities, int vmid, ConcurrentDictionary<uint, PhysicalDevice> devices)
{
    public const int EntryBytes = 16;

    /// <summary>Commands between two CMD_SYNCs, as Linux batches them.</summary>
    public const int BatchCommands = 63;

    private const ulong VmidMask = 0xFFFFUL << 32;
    private const ulong StreamIdMask = 0xFFFF_FFFFUL << 32;
    private const ulong AddressMask = ~0xFFFUL;
    private const ulong NumAndScale = (0x1FUL << 12) | (0x1FUL << 20);

    /// <summary>
    /// Converts until an entry is refused. Those before it are all in the result, with a CMD_SYNC after them: what is
    /// counted as handled is issued.
    /// </summary>
    public ReadOnlyMemory<ulong> Convert(ReadOnlySpan<byte> entries, int length, int count, out Errno errno, out int handled)
    {
        handled = 0;
        errno = CheckTails(entries, length, count);
        if (errno != Errno.None) return default;
        var words = new ulong[2 * (count + (count + BatchCommands - 1) / BatchCommands)];
        var used = 0;
        for (; handled < count; handled++)
        {
            var (word0, word1) = ReadEntry(entries.Slice(handled * length, length));
            if (!TryConvert(ref word0, ref word1))
            {
                errno = Errno.EIO;
                break;
            }
            words[used++] = word0;
            words[used++] = word1;
            if ((handled + 1) % BatchCommands == 0) used = AddSync(words, used);
        }
        if (handled % BatchCommands != 0) used = AddSync(words, used);
        return words.AsMemory(0, used);
    }

    private static int AddSync(ulong[] words, int used)
    {
        var sync = Command.Sync();
        words[used] = sync.Word0;
        words[used + 1] = sync.Word1;
        return used + 2;
    }

    // The whole array is taken over before the first entry is looked at, so that a long tail refuses all of it.
    private static Errno CheckTails(ReadOnlySpan<byte> entries, int length, int count)
    {
        if ((long)length * count > entries.Length) return Errno.EFAULT;
        if (length <= EntryBytes) return Errno.None;
        for (var i = 0; i < count; i++)
            if (entries.Slice(i * length + EntryBytes, length - EntryBytes).ContainsAnyExcept((byte)0)) return Errno.E2BIG;
        return Errno.None;
    }

    // A shorter entry is completed with zeros (copy_struct_from_user).
    private static (ulong Word0, ulong Word1) ReadEntry(ReadOnlySpan<byte> entry)
    {
        if (entry.Length < EntryBytes)
        {
            Span<byte> whole = stackalloc byte[EntryBytes];
            entry.CopyTo(whole);
            return (BinaryPrimitives.ReadUInt64LittleEndian(whole), BinaryPrimitives.ReadUInt64LittleEndian(whole[8..]));
        }
        return (BinaryPrimitives.ReadUInt64LittleEndian(entry), BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]));
    }

    private bool TryConvert(ref ulong word0, ref ulong word1)
    {
        if (!IsAllowed(word0, word1)) return false;
        switch ((Opcode)(byte)word0)
        {
            case Opcode.TlbiNsnhAll:
                word0 = (ulong)Opcode.TlbiNhAll | Put((ulong)vmid, 32);
                return true;
            case Opcode.AtcInv or Opcode.CfgiCd or Opcode.CfgiCdAll:
                if (!devices.TryGetValue((uint)(word0 >> 32), out var device)) return false;
                word0 = (word0 & ~StreamIdMask) | Put(device.StreamId, 32);
                return true;
            default:
                word0 = (word0 & ~VmidMask) | Put((ulong)vmid, 32);
                return true;
        }
    }

    private bool IsAllowed(ulong word0, ulong word1)
    {
        var (allowed0, allowed1) = (Opcode)(byte)word0 switch
        {
            Opcode.TlbiNsnhAll => (0UL, 0UL),
            Opcode.TlbiNhAll => (VmidMask, 0UL),
            Opcode.TlbiNhAsid => (VmidMask | AsidMask, 0UL),
            Opcode.TlbiNhVa => (VmidMask | AsidMask | RangeMask0, 1UL | AddressMask | RangeMask1),
            Opcode.TlbiNhVaa => (VmidMask | RangeMask0, 1UL | AddressMask | RangeMask1),
            Opcode.AtcInv when capabilities.HasAts => (StreamIdMask | SubstreamMask(withGlobal: true), 0x3FUL | AddressMask),
            Opcode.CfgiCd => (StreamIdMask | SubstreamMask(withGlobal: false), 1UL),
            Opcode.CfgiCdAll => (StreamIdMask, 0UL),
            _ => (0UL, 0UL),
        };
        if (!IsKnown((Opcode)(byte)word0)) return false;
        if ((word0 & ~(allowed0 | 0xFF)) != 0 || (word1 & ~allowed1) != 0) return false;
        return (Opcode)(byte)word0 switch
        {
            Opcode.TlbiNhVa or Opcode.TlbiNhVaa => !capabilities.HasRanges || HasValidRange(new Command(word0, word1)),
            Opcode.AtcInv => (word1 & 0x3F) <= Command.AtcSizeAll,
            _ => true,
        };
    }

    private bool IsKnown(Opcode opcode) => opcode switch
    {
        Opcode.AtcInv => capabilities.HasAts,
        Opcode.TlbiNsnhAll or Opcode.TlbiNhAll or Opcode.TlbiNhAsid or Opcode.TlbiNhVa or Opcode.TlbiNhVaa => true,
        Opcode.CfgiCd or Opcode.CfgiCdAll => true,
        _ => false,
    };

    private ulong AsidMask => Put(Mask(capabilities.AsidBits), 48);

    private ulong RangeMask0 => capabilities.HasRanges ? NumAndScale : 0;

    private ulong RangeMask1 => capabilities.HasRanges ? 0xFUL << 8 : 0;

    private ulong SubstreamMask(bool withGlobal)
    {
        if (capabilities.SubstreamIdBits == 0) return 0;
        return Put(Mask(20), 12) | (withGlobal ? (1UL << 11) | (1UL << 9) : 0);
    }

    // IHI 0070, 4.4.1.1: without TG the range fields are RES0; level 1 of 16 KiB has no leaf; one granule needs a level.
    private static bool HasValidRange(Command command)
    {
        var hasRange = command.Num != 0 || command.Scale != 0;
        if (command.TgLog2 == 0) return !hasRange && command.Ttl == 0;
        if (command.TgLog2 == 14 && command.Ttl == 1) return false;
        return hasRange || command.Ttl != 0;
    }
}
