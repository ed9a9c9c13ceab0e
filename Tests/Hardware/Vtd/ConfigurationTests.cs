using Iommu.Hardware;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Formats;

namespace Iommu.Tests.Hardware.Vtd;

/// <summary>Root, context and PASID entries: what each fault in them is recorded as.</summary>
public class ConfigurationTests
{
    private const ulong Root = 0x10_0000;
    private const ulong Context = 0x11_0000;
    private const ulong Directory = 0x12_0000;
    private const ulong Pasids = 0x13_0000;
    private const ulong NotMemory = 1UL << 50;
    private const uint SourceId = 0x0210;
    private const ulong RootEntry = Root + 2 * 16;
    private const ulong ContextEntry = Context + 0x10 * 32;
    private const ulong PasidEntry = Pasids + 9 * 64;

    private readonly PhysicalMemory _memory = new();
    private readonly RemappingUnit _unit;

    public ConfigurationTests()
    {
        _unit = new RemappingUnit("unit", _memory, new Registers
        {
            HostAddressBits = 51, RootTableAddress = Root | (1UL << 10), TranslationEnabled = true,
        });
        _memory.Write64(RootEntry, Context | 1);
        _memory.Write64(ContextEntry, Directory | (1UL << 3) | (1UL << 2) | 1);
        _memory.Write64(Directory, Pasids | 1);
        // Pass-through in domain 5, for PASIDs 9 and 0.
        foreach (var pasid in new ulong[] { 9, 0 })
        {
            _memory.Write64(Pasids + pasid * 64, 1 | (4UL << 6));
            _memory.Write64(Pasids + pasid * 64 + 8, 5);
        }
    }

    [Fact]
    public void Pass_through_leaves_the_address_as_it_is() =>
        Assert.Equal(Translation.PassThrough(0x1234_5678), Port(9).Translate(0x1234_5678, Access.Read));

    [Fact]
    public void A_request_without_PASID_uses_the_one_of_the_context_entry()
    {
        _memory.Write64(ContextEntry + 8, 9);
        _memory.Write64(Pasids, 0);

        Assert.True(Port(null).Translate(0x1000, Access.Read).Succeeded);
    }

    [Theory]
    [InlineData(FaultReason.RootNotPresent, RootEntry, 0)]
    [InlineData(FaultReason.RootReserved, RootEntry, Context | 3)]
    [InlineData(FaultReason.RootReserved, RootEntry, (1UL << 52) | 1)]
    [InlineData(FaultReason.ContextAccess, RootEntry, NotMemory | 1)]
    [InlineData(FaultReason.ContextNotPresent, ContextEntry, 0)]
    [InlineData(FaultReason.ContextReserved, ContextEntry, Directory | 0x21)]
    [InlineData(FaultReason.ContextReserved, ContextEntry + 24, 1)]
    [InlineData(FaultReason.PasidDisabled, ContextEntry, Directory | 1)]
    [InlineData(FaultReason.PasidDirectoryAccess, ContextEntry, NotMemory | 9)]
    [InlineData(FaultReason.PasidDirectoryNotPresent, Directory, 0)]
    [InlineData(FaultReason.PasidDirectoryReserved, Directory, Pasids | 5)]
    [InlineData(FaultReason.PasidAccess, Directory, NotMemory | 1)]
    [InlineData(FaultReason.PasidNotPresent, PasidEntry, 0)]
    [InlineData(FaultReason.PasidReserved, PasidEntry, 0x400 | (4UL << 6) | 1)]
    [InlineData(FaultReason.PasidReserved, PasidEntry + 40, 1)]
    [InlineData(FaultReason.PasidInvalid, PasidEntry, (5UL << 6) | 1)]
    [InlineData(FaultReason.PasidInvalid, PasidEntry, (1UL << 2) | (2UL << 6) | 1)]
    public void A_fault_in_an_entry_is_recorded_with_its_reason(FaultReason reason, ulong address, ulong word)
    {
        _memory.Write64(address, word);

        Assert.Equal(reason, Port(9).Translate(0x7000_1234, Access.Write).Reason);

        var record = Assert.Single(_unit.Faults.Take());
        Assert.Equal((reason, (ushort)SourceId, 9u, false, 0x7000_1000UL),
            (record.Reason, record.SourceId, record.Pasid!.Value, record.IsRead, record.Address));
    }

    [Fact]
    public void A_PASID_beyond_the_directory_is_too_large()
    {
        Assert.Equal(FaultReason.PasidTooLarge, Port(1 << 13).Translate(0, Access.Read).Reason);
        Assert.Equal(FaultReason.PasidDirectoryNotPresent, Port((1 << 13) - 1).Translate(0, Access.Read).Reason);
    }

    [Fact]
    public void A_root_table_of_legacy_mode_or_outside_memory_is_no_root_table()
    {
        _unit.Registers.RootTableAddress = Root;
        Assert.Equal(FaultReason.RootTableInvalid, Port(9).Translate(0, Access.Read).Reason);
        _unit.Registers.RootTableAddress = NotMemory | (1UL << 10);
        Assert.Equal(FaultReason.RootAccess, Port(9).Translate(0, Access.Read).Reason);
    }

    [Fact]
    public void A_device_may_ask_for_translations_only_where_its_context_entry_lets_it()
    {
        _memory.Write64(ContextEntry, Directory | (1UL << 3) | 1);
        var port = _unit.OpenPort(SourceId, new PortOptions(true, 9));

        Assert.Equal(FaultReason.DeviceTlbDisabled, port.Translate(0, Access.Read).Reason);
    }

    [Fact]
    public void Execute_and_supervisor_requests_need_their_bits_in_the_PASID_entry()
    {
        _memory.Write64(PasidEntry, (1UL << 6) | 1);

        Assert.Equal(FaultReason.ExecuteDisabled,
            _unit.OpenPort(SourceId, new PortOptions(false, 9, Execute: true)).Translate(0, Access.Read).Reason);
        Assert.Equal(FaultReason.SupervisorDisabled,
            _unit.OpenPort(SourceId, new PortOptions(false, 9, Privileged: true)).Translate(0, Access.Read).Reason);
    }

    [Theory]
    [InlineData(ContextEntry, 0x2UL)]
    [InlineData(Directory, 0x2UL)]
    [InlineData(PasidEntry, 0x2UL)]
    public void Faults_are_not_recorded_where_an_entry_says_so(ulong address, ulong fpd)
    {
        _memory.Write64(PasidEntry, 0);
        _memory.Write64(address, (_memory.Read64(address) | fpd) & (address == PasidEntry ? ~1UL : ulong.MaxValue));

        Assert.Equal(FaultReason.PasidNotPresent, Port(9).Translate(0, Access.Read).Reason);
        Assert.Empty(_unit.Faults.Take());
    }

    [Fact]
    public void A_write_to_the_interrupt_addresses_is_a_message_unless_it_has_a_PASID()
    {
        Assert.Equal(TranslationKind.Interrupt, Port(null).Translate(0xFEE0_1000, Access.Write).Kind);
        Assert.Equal(FaultReason.InterruptAddress, Port(9).Translate(0xFEE0_1000, Access.Write).Reason);
        Assert.Equal(FaultReason.InterruptAddress, Port(null).Translate(0xFEE0_1000, Access.Read).Reason);
    }

    [Fact]
    public void A_fault_that_finds_every_register_taken_is_lost_and_the_status_says_so()
    {
        _memory.Write64(PasidEntry, 0);
        for (var i = 0UL; i < 8; i++) Port(9).Translate(i << 12, Access.Read);
        Assert.Equal(FaultStatus.Pending, _unit.Registers.FaultStatus);
        Port(9).Translate(8UL << 12, Access.Read);
        Assert.Equal(FaultStatus.Pending | FaultStatus.Overflow, _unit.Registers.FaultStatus);

        Assert.Equal(Enumerable.Range(0, 8).Select(i => (ulong)i << 12), _unit.Faults.Take().Select(record => record.Address));
        Assert.Equal(FaultStatus.None, _unit.Registers.FaultStatus);
    }

    private Port Port(uint? pasid) => _unit.OpenPort(SourceId, new PortOptions(false, pasid));
}
