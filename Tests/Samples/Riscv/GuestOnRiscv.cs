using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using RiscvIommu;
using RiscvIommu.Formats;

namespace Iommu.Tests.Samples.Riscv;

/// <summary>A host with a VMM whose guest has a first stage of one page: <see cref="Iova"/> leads to the sixth page of its RAM.</summary>
internal sealed class GuestOnRiscv
{
    public const ulong Ram = 0x8000_0000;
    public const ulong RamBytes = 0x20_0000;
    public const ulong Iova = 0x4000_0000;

    private const ulong Page = 0x1000;

    private readonly RiscvMachine _machine = RiscvMachine.Create();
    private readonly UserAddressSpace _memory;

    public GuestOnRiscv()
    {
        _memory = _machine.CreateProcess();
        Process = new UserProcess(_memory);
        RamInProcess = _memory.Allocate(RamBytes, contiguous: true).Value;
        // Four levels in the first four pages; the second table's entry is the one for 1 GiB.
        Write(0, 0, Pte.Table(Ram + Page));
        Write(1, 1, Pte.Table(Ram + 2 * Page));
        Write(2, 0, Pte.Table(Ram + 3 * Page));
        Write(3, 0, Pte.Leaf(Ram + 5 * Page, Access.ReadWrite, clean: false));
    }

    public Machine Machine => _machine.Machine;

    public PhysicalDevice Device => _machine.Devices[0];

    public UserProcess Process { get; }

    public ulong RamInProcess { get; }

    /// <summary>Physical address of the page that the guest has mapped.</summary>
    public ulong Target => Physical(5);

    public void Unmap() => Write(3, 0, 0);

    public ulong? Reach(ulong iova) =>
        _machine.OpenPort(Device).Translate(iova, Access.Read) is { Succeeded: true } result ? result.Address : null;

    private ulong Physical(ulong page) => _memory.Translate(RamInProcess + page * Page)!.Value;

    private void Write(ulong table, ulong index, ulong entry) => _machine.Memory.Write64(Physical(table) + index * 8, entry);
}
