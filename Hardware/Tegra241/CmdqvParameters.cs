namespace Iommu.Hardware.Tegra241;

/// <summary>What a CMDQV has, as its PARAM register says.</summary>
/// <param name="VintfsLog2">Log2 of its virtual interfaces, 0 to 6.</param>
/// <param name="VcmdqsLog2">Log2 of its queues, no fewer than interfaces, 0 to 7. They are divided evenly.</param>
/// <param name="SidsLog2">Log2 of the stream ids that an interface can replace, 0 to 4.</param>
public sealed record CmdqvParameters(int VintfsLog2 = 6, int VcmdqsLog2 = 7, int SidsLog2 = 4)
{
    public const int VersionOfHardware = 1;

    public int Vintfs => 1 << VintfsLog2;

    public int Vcmdqs => 1 << VcmdqsLog2;

    public int LogicalPerVintf => 1 << (VcmdqsLog2 - VintfsLog2);

    public int SidsPerVintf => 1 << SidsLog2;

    /// <summary>PARAM.</summary>
    public uint Register => ((uint)SidsLog2 << 12) | ((uint)VintfsLog2 << 8) | ((uint)VcmdqsLog2 << 4) | VersionOfHardware;

    internal static CmdqvParameters Of(uint register) =>
        new((int)((register >> 8) & 0xF), (int)((register >> 4) & 0xF), (int)((register >> 12) & 0xF));
}
