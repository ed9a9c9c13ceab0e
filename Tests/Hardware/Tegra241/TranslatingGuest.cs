using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.Hardware.Tegra241.Driver;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;

namespace Iommu.Tests.Hardware.Tegra241;

/// <summary>A guest with one page at VA 0 under ASID 5, a device that translates it, and a queue of its own.</summary>
internal sealed class TranslatingGuest
{
    public const uint VirtualSid = 0x21;

    private readonly CmdqvRig _rig;
    private readonly ulong _ram;
    private readonly Port _port;

    /// <param name="rig">The machine.</param>
    /// <param name="index">Which guest: its memory and its device.</param>
    /// <param name="ats">Whether its device has an ATC.</param>
    public TranslatingGuest(CmdqvRig rig, int index, bool ats = false)
    {
        _rig = rig;
        _ram = (1UL << 40) + ((ulong)index << 32);
        var device = rig.Machine.Devices[ats ? index : index + 2];
        var parent = rig.Parent();
        parent.Map(0, _ram, 1UL << 30, Access.ReadWrite);
        Viommu = (Tegra241Viommu)rig.Driver.AllocViommu(device, parent, CmdqvRig.Data(), rig).Value!;
        Viommu.AddVdevice(device, VirtualSid);
        WriteTables();
        var entry = new byte[16];
        BitConverter.TryWriteBytes(entry, 0x1000UL | (5UL << 1) | 1);
        BitConverter.TryWriteBytes(entry.AsSpan(8), ats ? 1UL << 28 : 0);
        var nested = Viommu.AllocNested(HwptAllocFlags.None, new UserData(HwptDataType.ArmSmmuv3, entry)).Value!;
        Plan.Run(rig.Driver.Attach(device, null, nested).Value!);
        _port = rig.Machine.OpenPort(device);
        rig.Init(Viommu, 0, _ram + 0x10_0000);
        Ring = rig.Guest(Viommu, _ram + 0x10_0000);
        Ring.Enable();
        Queue = rig.Cmdqv.Vintfs[Viommu.Vintf].Logical(0)!;
    }

    public Tegra241Viommu Viommu { get; }

    public VcmdqRing Ring { get; }

    public Vcmdq Queue { get; }

    /// <summary>Writes the table; nothing is invalidated.</summary>
    public void Map(ulong page) => _rig.Machine.Memory.Write64(_ram + 0x5000, (page << 12) | 0xC43);

    public bool Reaches(ulong page) =>
        _port.Translate(0, Access.Read) is { Succeeded: true } result && result.Address == _ram + (page << 12);

    /// <summary>A command and CMD_SYNC through its own queue.</summary>
    public void Direct(Command command)
    {
        Ring.Produce([command.Word0, command.Word1, VcmdqRing.Sync.Word0, 0]);
        Assert.Equal(QueueStep.Idle, CmdqvRig.Drain(Queue));
        Assert.Equal(Ring.Producer, Ring.Consumer);
    }

    private void WriteTables()
    {
        (ulong Ipa, ulong Value)[] words =
        [
            (0x1000, (1UL << 31) | (1UL << 41) | (5UL << 48) | 16 | (1UL << 30) | (5UL << 32) | (1UL << 45)),
            (0x1008, 0x2000), (0x2000, 0x3003), (0x3000, 0x4003), (0x4000, 0x5003),
        ];
        foreach (var (ipa, value) in words) _rig.Machine.Memory.Write64(_ram + ipa, value);
    }
}
