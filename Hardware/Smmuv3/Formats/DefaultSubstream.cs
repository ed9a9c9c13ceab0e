namespace Iommu.Hardware.Smmuv3.Formats;

/// <summary>STE.S1DSS: what becomes of a transaction without a substream, on a stream that has substreams.</summary>
public enum DefaultSubstream : byte
{
    /// <summary>It is terminated (F_STREAM_DISABLED).</summary>
    Terminates = 0,
    /// <summary>It skips stage 1.</summary>
    Bypasses = 1,
    /// <summary>It uses the descriptor of substream 0, which no transaction may then name.</summary>
    UsesZero = 2,
    /// <summary>Reserved: as <see cref="Terminates"/>.</summary>
    Reserved = 3,
}
