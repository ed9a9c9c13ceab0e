using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Smmuv3.Driver;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using static Iommu.Hardware.Tegra241.RegisterMap;

namespace Iommu.Hardware.Tegra241.Driver;

/// <summary>
/// The driver of a CMDQV, over that of its SMMUv3 (tegra241-cmdqv.c): it hands out VINTFs, and tells their owners of queues that have
/// stopped. VINTF 0 is the host's own, without queues: its commands go by the SMMU's.
/// </summary>
internal sealed class Tegra241Driver : ISmmuv3Implementation
{
    private const int HwInfoBytes = 8;
    private const int ErrorMapWords = 2;

    private readonly GuestSlots<Tegra241Viommu> _vintfs;

    private Tegra241Driver(Smmuv3Driver smmu, CmdqvBus bus)
    {
        (Smmu, Bus) = (smmu, bus);
        Parameters = CmdqvParameters.Of(bus.Registers.Read(Param));
        _vintfs = new GuestSlots<Tegra241Viommu>(1, Parameters.Vintfs);
    }

    public Smmuv3Driver Smmu { get; }

    public CmdqvBus Bus { get; }

    public CmdqvParameters Parameters { get; }

    /// <summary>Brings a CMDQV up: on, its queues divided among the VINTFs in order, none allocated, and VINTF 0 the host's.</summary>
    public static Tegra241Driver Start(Smmuv3Driver smmu, Cmdqv cmdqv, CmdqvBus bus)
    {
        var driver = new Tegra241Driver(smmu, bus);
        bus.Registers.Write(Config, 0);
        bus.Registers.Write(Config, Enable);
        for (var i = 0; i < driver.Parameters.Vcmdqs; i++)
        {
            var (vintf, logical) = Math.DivRem(i, driver.Parameters.LogicalPerVintf);
            bus.WriteAlloc(i, ((uint)vintf << AllocVintfShift) | ((uint)logical << AllocLogicalShift));
        }
        driver.ResetVintf(0);
        bus.WriteVintf(0, VintfConfig, HypervisorOwned | Enable);
        cmdqv.Interrupt = driver.OnInterrupt;
        return driver;
    }

    public Result<HwInfo> HwInfo(HwInfoType type)
    {
        if (type != HwInfoType.Tegra241Cmdqv) return Errno.EOPNOTSUPP;
        var data = new byte[HwInfoBytes];
        data[4] = CmdqvParameters.VersionOfHardware;
        data[5] = (byte)BitOperations.Log2((uint)Parameters.LogicalPerVintf);
        data[6] = (byte)Parameters.SidsLog2;
        return new HwInfo(HwInfoType.Tegra241Cmdqv, data);
    }

    public bool SupportsViommu(ViommuType type) => type == ViommuType.Tegra241Cmdqv;

    /// <returns>EINVAL without user data, or with other than fits; ENOSPC when no VINTF is left; what AllocMmap fails with.</returns>
    public Result<Smmuv3Viommu> CreateViommu(Smmuv3PagingDomain parent, int vmid, UserData data, IViommuServices services)
    {
        var length = Unsafe.SizeOf<IommuViommuTegra241Cmdqv>();
        var copied = data.Copy((uint)ViommuType.Tegra241Cmdqv, length, length);
        if (copied.Failed) return copied.Errno;
        if (_vintfs.Take(services) is not { } taken) return Errno.ENOSPC;
        var (vintf, isNew) = (taken.Slot, taken.Predecessor is null);
        ResetVintf(vintf);
        Bus.WriteVintf(vintf, VintfConfig, (uint)vmid << VmidShift);
        if (isNew) EnableVintf(vintf, vmid);
        var offset = services.AllocMmap(Bus.Physical + LogicalPage0(vintf), PageBytes);
        if (offset.Failed)
        {
            if (isNew) FreeVintf(vintf);
            return offset.Errno;
        }
        var viommu = new Tegra241Viommu(this, parent, vmid, vintf, services, offset.Value);
        _vintfs.Give(vintf, services, viommu);
        return viommu;
    }

    /// <summary>What is allocated to it goes on.</summary>
    internal void EnableVintf(int vintf, int vmid) => Bus.WriteVintf(vintf, VintfConfig, ((uint)vmid << VmidShift) | Enable);

    /// <summary>Off, and no trace of its owner; another may have it then.</summary>
    internal void FreeVintf(int vintf)
    {
        ResetVintf(vintf);
        _vintfs.Free(vintf);
    }

    internal void ResetVintf(int vintf)
    {
        Bus.WriteVintf(vintf, VintfConfig, 0);
        for (var slot = 0UL; slot < (ulong)Parameters.SidsPerVintf; slot++)
        {
            Bus.WriteVintf(vintf, SidMatch + 4 * slot, 0);
            Bus.WriteVintf(vintf, SidReplace + 4 * slot, 0);
        }
    }

    // Every VINTF that has an error now is reported, those that were reported before as well, as Linux does.
    private void OnInterrupt()
    {
        var vintfs = Bus.Read64(VintfErrorMap);
        for (; vintfs != 0; vintfs &= vintfs - 1)
        {
            var vintf = BitOperations.TrailingZeroCount(vintfs);
            if (_vintfs.OwnerOf(vintf) is not { } owner) continue;
            var map = new byte[ErrorMapWords * 8];
            for (var i = 0; i < ErrorMapWords; i++)
                BinaryPrimitives.WriteUInt64LittleEndian(map.AsSpan(i * 8), Bus.ReadErrorMap(vintf, i));
            owner.ReportErrors(map);
        }
    }
}
