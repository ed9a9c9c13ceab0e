using Iommu.Hardware.Memory;
using static Iommu.Hardware.Tegra241.RegisterMap;

namespace Iommu.Hardware.Tegra241.Driver;

/// <summary>The driver's way to the registers of a CMDQV, block by block.</summary>
/// <param name="Registers">All of them.</param>
/// <param name="Physical">Where they are in the physical address space.</param>
internal sealed record CmdqvBus(IMmio Registers, ulong Physical)
{
    public void WriteVintf(int vintf, ulong register, uint value) =>
        Registers.Write(VintfRegisters + (ulong)vintf * VintfBytes + register, value);

    public void WriteAlloc(int vcmdq, uint value) => Registers.Write(VcmdqAlloc + 4 * (ulong)vcmdq, value);

    public uint ReadAlloc(int vcmdq) => Registers.Read(VcmdqAlloc + 4 * (ulong)vcmdq);

    public ulong Read64(ulong offset) => Registers.Read(offset) | ((ulong)Registers.Read(offset + 4) << 32);

    public ulong ReadErrorMap(int vintf, int half) =>
        Read64(VintfRegisters + (ulong)vintf * VintfBytes + LogicalErrorMap + 8 * (ulong)half);

    public uint ReadPage0(int vintf, int logical, ulong register) =>
        Registers.Read(LogicalPage0(vintf) + (ulong)logical * VcmdqBytes + register);

    public void WritePage0(int vintf, int logical, ulong register, uint value) =>
        Registers.Write(LogicalPage0(vintf) + (ulong)logical * VcmdqBytes + register, value);

    public ulong ReadPage1(int vintf, int logical, ulong register) =>
        Read64(LogicalPage1(vintf) + (ulong)logical * VcmdqBytes + register);

    public void WritePage1(int vintf, int logical, ulong register, ulong value)
    {
        var offset = LogicalPage1(vintf) + (ulong)logical * VcmdqBytes + register;
        Registers.Write(offset, (uint)value);
        Registers.Write(offset + 4, (uint)(value >> 32));
    }
}
