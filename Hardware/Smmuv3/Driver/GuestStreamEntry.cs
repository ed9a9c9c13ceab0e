using System.Buffers.Binary;
using Iommu.Messages;
using static Iommu.Hardware.Smmuv3.Driver.StreamTableWords;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>A guest's stream table entry that was accepted (struct iommu_hwpt_arm_smmuv3).</summary>
/// <param name="Word0">V, Config, S1Fmt, S1ContextPtr, S1CDMax; 0 when the guest's V was 0.</param>
/// <param name="Word1">S1DSS, the cacheability of the fetches and S1STALLD; EATS is taken out.</param>
/// <param name="WantsAts">EATS asked for translated transactions of a stream with a stage 1.</param>
public readonly record struct GuestStreamEntry(ulong Word0, ulong Word1, bool WantsAts)
{
    public const int Bytes = 16;

    /// <summary>What the guest asks for; an entry with V = 0 aborts.</summary>
    public StreamConfig Config => ConfigOf(Word0);

    /// <returns>EINVAL for other than 16 bytes; EIO for a bit or field that a guest may not set.</returns>
    public static Result<GuestStreamEntry> Parse(ReadOnlySpan<byte> userData)
    {
        if (userData.Length != Bytes) return Errno.EINVAL;
        var word0 = BinaryPrimitives.ReadUInt64LittleEndian(userData);
        var word1 = BinaryPrimitives.ReadUInt64LittleEndian(userData[8..]);
        if ((word0 & StreamTable.Valid) == 0) return default(GuestStreamEntry);
        if ((word0 & ~GuestWord0) != 0 || (word1 & ~GuestWord1) != 0) return Errno.EIO;
        var config = ConfigOf(word0);
        if (config is not (StreamConfig.Abort or StreamConfig.Bypass or StreamConfig.Stage1)) return Errno.EIO;
        var eats = word1 & EatsMask;
        if (eats is not (0 or EatsTranslate)) return Errno.EIO;
        return new GuestStreamEntry(word0, word1 & ~EatsMask, config == StreamConfig.Stage1 && eats == EatsTranslate);
    }
}
