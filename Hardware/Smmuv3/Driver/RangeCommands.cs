using System.Numerics;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>Commands for a range of addresses: TLBI with NUM, SCALE and TG where the SMMU has them, ATC_INV by powers of two.</summary>
internal static class RangeCommands
{
    private const int GranuleLog2 = 12;
    private const int NumMax = 31;
    private const int ScaleMax = 31;

    /// <summary>Adds the invalidations of a range; <paramref name="single"/> makes the command for one address.</summary>
    public static void AddTlbi(CommandWriter writer, bool hasRanges, ulong address, ulong length, Func<ulong, Command> single)
    {
        var pages = length >> GranuleLog2;
        if (!hasRanges)
        {
            for (var i = 0UL; i < pages; i++) writer.Add(single(address + (i << GranuleLog2)));
            return;
        }
        while (pages > 0)
        {
            // One page: NUM = SCALE = 0 is reserved without a level hint, so that one goes without a range.
            var scale = Math.Min(BitOperations.TrailingZeroCount(pages), ScaleMax);
            var num = scale == ScaleMax ? Math.Min(pages >> scale, NumMax + 1) : (pages >> scale) & NumMax;
            var command = single(address);
            writer.Add(scale == 0 && num == 1 ? command : command.WithRange((int)num - 1, scale, GranuleLog2));
            address += num << (scale + GranuleLog2);
            pages -= num << scale;
        }
    }

    /// <summary>The smallest naturally aligned power of two around the range, as PCIe asks for.</summary>
    public static Command AtcInv(uint sid, ulong address, ulong length)
    {
        var first = address >> GranuleLog2;
        var last = (address + (length - 1)) >> GranuleLog2;
        var sizeLog2 = 64 - BitOperations.LeadingZeroCount(first ^ last);
        return sizeLog2 >= Command.AtcSizeAll
            ? Command.AtcInv(sid, 0, Command.AtcSizeAll)
            : Command.AtcInv(sid, (first & ~Bits.Mask(sizeLog2)) << GranuleLog2, sizeLog2);
    }
}
