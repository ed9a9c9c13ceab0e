using Iommu.Hardware.Memory;

namespace Iommu.Tests.Samples.Riscv;

/// <summary>
/// A translation written straight from the privileged architecture (Sv39, Sv48, Sv39x4) and the IOMMU's specification, with no thought of
/// speed and nothing shared with the model: recursion, arithmetic on decimal positions, causes as numbers. Hardware sets no bits.
/// </summary>
internal sealed class ReferenceWalker(PhysicalMemory memory, ReferenceWalker.Stage? first, ReferenceWalker.Stage? second)
{
    /// <param name="Root">Of the top table: for a first stage over a second, the guest's address.</param>
    /// <param name="Levels">3 or 4.</param>
    internal sealed record Stage(ulong Root, int Levels);

    /// <summary>Where it comes out, or 0 and the cause.</summary>
    public (ulong Address, int Cause) Translate(ulong address, bool write)
    {
        if (first is null) return Second(address, write, write);
        var bits = first.Levels * 9 + 12;
        var top = address / Power(bits - 1);
        if (top != 0 && top != Power(64 - bits + 1) - 1) return (0, write ? 15 : 13);
        var (guest, cause) = Walk(
            first.Root, first.Levels, 512, address % Power(bits), write, write ? 15 : 13, entry => Second(entry, false, write));
        return cause != 0 ? (0, cause) : Second(guest, write, write);
    }

    // The cause is that of the device's access, also where the walk only reads.
    private (ulong Address, int Cause) Second(ulong address, bool write, bool deviceWrites)
    {
        if (second is null) return (address, 0);
        var cause = deviceWrites ? 23 : 21;
        return address >= Power(41) ? (0, cause) : Walk(second.Root, 3, 2048, address, write, cause, entry => (entry, 0));
    }

    private (ulong Address, int Cause) Walk(
        ulong table, int level, ulong entries, ulong address, bool write, int fault, Func<ulong, (ulong Address, int Cause)> locate)
    {
        var span = Power(12 + 9 * (level - 1));
        var (slot, cause) = locate(table + address / span % entries * 8);
        if (cause != 0) return (0, cause);
        if (slot >= Power(PhysicalMemory.AddressBits)) return (0, fault is 15 or 23 ? 7 : 5);
        var entry = memory.Read64(slot);
        var (valid, read, writable, execute) = (Has(entry, 0), Has(entry, 1), Has(entry, 2), Has(entry, 3));
        if (!valid || (writable && !read) || entry / Power(54) != 0) return (0, fault);
        var target = entry / 1024 % Power(44) * 4096;
        if (!read && !writable && !execute)
            return level == 1 || Has(entry, 4) || Has(entry, 6) || Has(entry, 7)
                ? (0, fault) : Walk(target, level - 1, 512, address, write, fault, locate);
        var isAllowed = Has(entry, 4) && Has(entry, 6) && (write ? writable && Has(entry, 7) : read);
        return !isAllowed || target % span != 0 ? (0, fault) : (target + address % span, 0);
    }

    private static bool Has(ulong entry, int bit) => entry / Power(bit) % 2 == 1;

    private static ulong Power(int bits) => (ulong)Math.Pow(2, bits);
}
