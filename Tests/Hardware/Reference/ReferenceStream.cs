using System.Numerics;
using Iommu.Hardware.Memory;

namespace Iommu.Tests.Hardware.Reference;

/// <summary>
/// What IHI 0070 (5.2 to 5.4, 7.3) makes of a stream table entry and the tables of context descriptors behind it: entries are read as
/// numbers of 512 bits, and what follows is <see cref="ReferenceWalker"/>'s. Nothing of it is shared with the hardware model.
/// </summary>
/// <param name="memory">Where everything is.</param>
/// <param name="substreamBits">IDR1.SSIDSIZE.</param>
/// <param name="twoLevels">IDR0.CD2L.</param>
/// <param name="stalls">IDR0.STALL_MODEL = 0.</param>
internal sealed class ReferenceStream(PhysicalMemory memory, int substreamBits, bool twoLevels, bool stalls)
{
    private readonly ReferenceWalker _walker = new(memory);

    /// <summary>Where the transaction leads, in words: address and rights, bypass, abort, or an event with stage, class and IPA.</summary>
    public string Translate(ulong entryAddress, uint? substream, ulong address, bool write)
    {
        var entry = Read512(entryAddress);
        if (Take(entry, 0, 1) == 0) return "C_BAD_STE";
        var config = Take(entry, 1, 3);
        if (config < 4) return "abort";
        var (first, second) = ((config & 1) == 1, (config & 2) == 2);
        var substreams = first ? (int)Take(entry, 59, 5) : 0;
        var format = Take(entry, 4, 2);
        if (substreams > substreamBits) return "C_BAD_STE";
        if (substreams > 0 && (format == 3 || format > 0 && !twoLevels)) return "C_BAD_STE";
        var stage2 = second ? Stage2Of(entry) : null;
        var index = substream ?? 0;
        var unnamed = Take(entry, 64, 2);
        if (substream is not null)
        {
            if (substreams == 0 || index >= Math.Pow(2, substreams)) return "C_BAD_SUBSTREAMID";
            if (index == 0 && unnamed == 2) return "C_BAD_SUBSTREAMID";
        }
        else if (substreams > 0 && unnamed is 0 or 3 && substreams > 0) return "F_STREAM_DISABLED";
        else if (substreams > 0 && unnamed == 1) first = false;
        if (!first) return stage2 is null ? $"bypass 0x{address:x}" : Text(_walker.Translate(null, stage2, address, write));
        var mayStall = stalls && Take(entry, 64 + 27, 1) == 0;
        return Stage1(entry, stage2, (substreams, (int)format, index), mayStall, (address, write));
    }

    private string Stage1(
        BigInteger entry, ReferenceWalker.Table? stage2, (int Bits, int Format, uint Index) at, bool mayStall,
        (ulong Address, bool Write) access)
    {
        var table = Take(entry, 6, 46) << 6;
        if (at.Bits > 0 && at.Format > 0)
        {
            var each = at.Format == 1 ? 64u : 1024u;
            var slot = Below(stage2, table + at.Index / each * 8, out var failure);
            if (failure is not null) return failure;
            var word = memory.Read64(slot);
            if (word % 2 == 0) return "C_BAD_SUBSTREAMID";
            table = word / 4096 * 4096 & 0xF_FFFF_FFFF_FFFF;
            at.Index %= each;
        }
        var descriptor = Below(stage2, table + at.Index * 64, out var fault);
        if (fault is not null) return fault;
        var words = Read512(descriptor);
        if (Take(words, 31, 1) == 0 || Take(words, 41, 1) == 0) return "C_BAD_CD";
        if (Take(words, 44, 1) == 1 && !mayStall) return "C_BAD_CD";
        var inputBits = 64 - (int)Take(words, 0, 6);
        var stage1 = new ReferenceWalker.Table(
            4096, inputBits, inputBits > 39 ? 0 : inputBits > 30 ? 1 : 2, Take(words, 68, 48) << 4, 44, Take(words, 35, 1) == 1, false);
        return Text(_walker.Translate(stage1, stage2, access.Address, access.Write));
    }

    private ulong Below(ReferenceWalker.Table? stage2, ulong address, out string? failure)
    {
        failure = null;
        if (stage2 is null) return address;
        var outcome = _walker.Translate(null, stage2, address, false);
        if (outcome.Fault is not null) failure = Text(outcome with { Class = 'C', Ipa = outcome.Ipa / 4096 * 4096 });
        return outcome.Address;
    }

    private static ReferenceWalker.Table Stage2Of(BigInteger entry) => new(
        4096, 64 - (int)Take(entry, 160, 6), 2 - (int)Take(entry, 166, 2), Take(entry, 196, 48) << 4, 44, Take(entry, 181, 1) == 1, true);

    private static string Text(ReferenceWalker.Outcome outcome) => outcome.Fault is null
        ? $"0x{outcome.Address:x} {outcome.Read} {outcome.Write}"
        : $"{outcome.Fault} stage {outcome.Stage} {outcome.Class} 0x{(outcome.Class == 'T' ? outcome.Ipa / 4096 * 4096 : outcome.Ipa):x}";

    private BigInteger Read512(ulong address)
    {
        var bytes = new byte[65];
        memory.Read(address, bytes.AsSpan(0, 64));
        return new BigInteger(bytes);
    }

    private static ulong Take(BigInteger number, int from, int count) => (ulong)((number >> from) % BigInteger.Pow(2, count));
}
