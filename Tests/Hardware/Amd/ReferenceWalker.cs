using System.Numerics;
using Iommu.Hardware.Memory;

namespace Iommu.Tests.Hardware.Amd;

/// <summary>
/// A translation written straight from AMD 48882 (2.2), with no thought of speed and nothing shared with the hardware model: the entry as
/// one number of 256 bits, recursion for the host's tables, sizes found by trial, results as text.
/// </summary>
internal sealed class ReferenceWalker(PhysicalMemory memory, ulong deviceTable)
{
    private static readonly BigInteger MemoryEnd = BigInteger.Pow(2, 48);

    /// <summary>Where a request leads and with which rights, or its event: type, flags, PASID or domain, address.</summary>
    public string Translate(int device, ulong address, bool write, int? pasid)
    {
        try
        {
            return Run(ReadEntry(device), address, write, pasid);
        }
        catch (Stop stop)
        {
            var flags = stop.Flags | (write ? 0x20 : 0);
            return stop.Type == "" ? "aborted" : $"{stop.Type} flags=0x{flags:x} id={stop.Id} 0x{stop.Address:x}";
        }
    }

    private string Run(BigInteger entry, ulong address, bool write, int? pasid)
    {
        if (Cut(entry, 0, 0) == 0) return Text(address, true, true);
        if (Cut(entry, 6, 2) != 0 || Cut(entry, 63, 63) != 0) throw Illegal(address, pasid);
        if (Cut(entry, 1, 1) == 0) throw new Stop("", 0, 0, 0);
        if (Cut(entry, 11, 9) == 7) throw Illegal(address, pasid);
        var hasGuest = Cut(entry, 55, 55) == 1;
        if (hasGuest && (Cut(entry, 57, 56) == 3 || Cut(entry, 183, 182) > 1)) throw Illegal(address, pasid);
        if (pasid is not null && !hasGuest) throw new Stop("INVALID_DEVICE_REQUEST", 0, pasid.Value, address);
        if (hasGuest && (pasid is not null || Cut(entry, 54, 54) == 1)) return Nested(entry, address, write, pasid ?? 0);
        var place = Host(entry, address, write, !write);
        return Text(place.Address, place.Read, place.Write);
    }

    private string Nested(BigInteger entry, ulong va, bool write, int pasid)
    {
        var gcrLevels = (int)Cut(entry, 57, 56) + 1;
        var levels = 4 + (int)Cut(entry, 183, 182);
        if (BigInteger.Pow(512, gcrLevels) <= pasid) throw Guest(0, pasid, va);
        var half = BigInteger.Pow(2, 11 + 9 * levels);
        if (va >= half && va < BigInteger.Pow(2, 64) - half) throw Guest(0, pasid, va);
        var at = (Cut(entry, 127, 107) << 31) + (Cut(entry, 95, 80) << 15) + (Cut(entry, 60, 58) << 12);
        for (var level = gcrLevels; level > 0; level--)
        {
            var index = pasid / (int)Math.Pow(512, level - 1) % 512;
            at = Frame(GuestRead(entry, at + index * 8, pasid, va, write));
        }
        var (read, mayWrite) = (true, true);
        for (var level = levels; ; level--)
        {
            var bytes = BigInteger.Pow(2, 3 + 9 * level);
            var value = GuestRead(entry, at + va / bytes % 512 * 8, pasid, va, write);
            var isLarge = level > 1 && (value & 0x80) != 0;
            if (isLarge && (level > 3 || (Frame(value) % bytes & ~(BigInteger)0x1000) != 0)) throw Guest(0x90, pasid, va);
            read &= (value & 4) != 0;
            mayWrite &= (value & 6) == 6;
            if (level > 1 && !isLarge)
            {
                at = Frame(value);
                continue;
            }
            if (write ? !mayWrite : !read) throw Guest(0x50, pasid, va);
            var place = Host(entry, Frame(value) / bytes * bytes + va % bytes, write, !write);
            return Text(place.Address, place.Read && read, place.Write && mayWrite);
        }
    }

    private ulong GuestRead(BigInteger entry, BigInteger address, int pasid, ulong va, bool write)
    {
        var place = Host(entry, address, false, true);
        if (place.Address >= MemoryEnd) throw new Stop("PAGE_TAB_HARDWARE_ERROR", 1, pasid, va);
        var value = memory.Read64((ulong)place.Address);
        if (value % 2 == 0) throw Guest(0, pasid, va);
        return value;
    }

    private (BigInteger Address, bool Read, bool Write) Host(BigInteger entry, BigInteger address, bool write, bool read)
    {
        var domain = (int)Cut(entry, 79, 64);
        Stop Fault(int flags) => new("IO_PAGE_FAULT", flags, domain, (ulong)address);
        var (mayRead, mayWrite) = (Cut(entry, 61, 61) == 1, Cut(entry, 62, 62) == 1);
        if ((write && !mayWrite) || (read && !mayRead)) throw Fault(0x50);
        var level = (int)Cut(entry, 11, 9);
        if (level == 0) return (address, mayRead, mayWrite);
        if (address >= BigInteger.Pow(2, 12 + 9 * level)) throw Fault(0);
        var at = Cut(entry, 51, 12) << 12;
        while (true)
        {
            var bytes = BigInteger.Pow(2, 3 + 9 * level);
            var slot = at + address / bytes % 512 * 8;
            if (slot >= MemoryEnd) throw new Stop("PAGE_TAB_HARDWARE_ERROR", 0, domain, (ulong)address);
            BigInteger value = memory.Read64((ulong)slot);
            if (value.IsEven) throw Fault(0);
            var next = (int)Cut(value, 11, 9);
            var isLeaf = next is 0 or 7;
            if (Cut(value, isLeaf ? 58 : 60, 52) != 0) throw Fault(0x90);
            if (!isLeaf && next >= level) throw Fault(0x90);
            if (!isLeaf && address % bytes >= BigInteger.Pow(2, 12 + 9 * next)) throw Fault(0);
            var size = isLeaf ? SizeOf(value, level, next == 7) : 0;
            if (isLeaf && size == 0) throw Fault(0x90);
            mayRead &= Cut(value, 61, 61) == 1;
            mayWrite &= Cut(value, 62, 62) == 1;
            if (!isLeaf)
            {
                (at, level) = (Cut(value, 51, 12) << 12, next);
                continue;
            }
            if ((write && !mayWrite) || (read && !mayRead)) throw Fault(0x50);
            var page = BigInteger.Pow(2, size);
            return ((Cut(value, 51, 12) << 12) / page * page + address % page, mayRead, mayWrite);
        }
    }

    // A page of 2^n bytes has ones in bits n-2 to 12 of its address, and a zero above them.
    private static int SizeOf(BigInteger value, int level, bool isEncoded)
    {
        var own = 3 + 9 * level;
        if (level == 6) return 0;
        if (!isEncoded) return own;
        for (var size = 13; size <= 51; size++)
        {
            var isSize = Cut(value, size - 1, size - 1) == 0;
            for (var bit = 12; bit < size - 1; bit++) isSize &= Cut(value, bit, bit) == 1;
            if (isSize) return size >= own && size < own + 9 ? size : 0;
        }
        return 0;
    }

    private BigInteger ReadEntry(int device)
    {
        BigInteger entry = 0;
        for (var word = 3; word >= 0; word--) entry = (entry << 64) + memory.Read64(deviceTable + (ulong)(device * 32 + word * 8));
        return entry;
    }

    private static BigInteger Cut(BigInteger value, int high, int low) => (value >> low) % BigInteger.Pow(2, high - low + 1);

    private static BigInteger Frame(BigInteger value) => Cut(value, 51, 12) << 12;

    private static Stop Illegal(ulong address, int? pasid) => new("ILLEGAL_DEV_TABLE_ENTRY", 0, pasid ?? 0, address);

    private static Stop Guest(int flags, int pasid, ulong va) => new("IO_PAGE_FAULT", flags | 1, pasid, va);

    private static string Text(BigInteger address, bool read, bool write) =>
        address >= MemoryEnd ? "aborted" : $"0x{(ulong)address:x} {read} {write}";

    private sealed class Stop(string type, int flags, int id, ulong address) : Exception
    {
        public string Type => type;

        public int Flags => flags;

        public int Id => id;

        public ulong Address => address;
    }
}
