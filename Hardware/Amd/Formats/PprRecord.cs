using Iommu.Messages.Uapi;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd.Formats;

/// <summary>A 16-byte PAGE_SERVICE_REQUEST of the PPR log (AMD 48882, 2.6).</summary>
public readonly record struct PprRecord(ulong Word0, ulong Word1)
{
    private const ulong RequestFault = 1;
    private const ulong ExecuteFlag = 0x002;
    private const ulong ReadFlag = 0x004;
    private const ulong WriteFlag = 0x020;
    private const ulong UserFlag = 0x040;
    private const ulong GuestFlag = 0x100;

    public ushort DeviceId => (ushort)Word0;

    /// <summary>Null for a request without one.</summary>
    public int? Pasid => (Field(Word0, 59, 48) & GuestFlag) == 0 ? null : (int)(Field(Word0, 31, 16) | (Field(Word0, 45, 42) << 16));

    public int Tag => (int)Field(Word0, 40, 32);

    public bool IsLast => Bit(Word0, 41);

    public ulong Address => Word1;

    /// <summary>What is wanted (ppr_flag_to_fault_perm).</summary>
    public PageFaultPermissions Permissions
    {
        get
        {
            var flags = Field(Word0, 59, 48);
            return ((flags & ReadFlag) != 0 ? PageFaultPermissions.Read : 0) | ((flags & WriteFlag) != 0 ? PageFaultPermissions.Write : 0)
                | ((flags & ExecuteFlag) != 0 ? PageFaultPermissions.Exec : 0) | ((flags & UserFlag) == 0 ? PageFaultPermissions.Priv : 0);
        }
    }

    public static PprRecord Of(ushort device, int? pasid, int tag, bool last, Access access, ulong address)
    {
        var flags = UserFlag | (access.HasFlag(Access.Read) ? ReadFlag : 0) | (access.HasFlag(Access.Write) ? WriteFlag : 0)
            | (pasid is null ? 0 : GuestFlag);
        var id = (ulong)(pasid ?? 0);
        return new(device | Put(id & 0xFFFF, 16) | Put((ulong)tag & 0x1FF, 32) | (last ? 1UL << 41 : 0) | Put(id >> 16, 42)
            | Put(flags, 48) | Put(RequestFault, 60), address & ~0xFFFUL);
    }

    public PprRecord WithDevice(ushort device) => this with { Word0 = (Word0 & ~0xFFFFUL) | device };
}
