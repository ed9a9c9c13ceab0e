using Iommu.Hardware;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.TestKit.Guests;

namespace Iommu.Tests.Guests;

/// <summary>A guest that invalidates through a ring in its own memory, which its VMM serves (I11: it can only stop its own ring).</summary>
public class TrappedRingTests
{
    private const int SizeLog2 = 5;
    private const ulong Ring = 0x80_0000_0000;

    private readonly GuestOnSmmu _guest = new();
    private readonly GuestCommandRing _ring;
    private readonly TrappedRing _vmm;
    private int _calls;

    public TrappedRingTests()
    {
        _guest.Guest.Memory.Add(Ring, 0x1000);
        _ring = new GuestCommandRing(_guest.Guest.Memory, Ring, SizeLog2);
        _vmm = new TrappedRing(_ring, ObjectId.None, call =>
        {
            _calls++;
            return Task.FromResult(_guest.Invalidate(call));
        });
    }

    private GuestAddressSpace Space => _guest.Guest.Spaces[1];

    [Fact]
    public async Task An_unmap_is_seen_by_the_device_once_the_ring_says_that_the_sync_is_done()
    {
        var port = _guest.Machine.OpenPort(_guest.Machine.Devices[1]);
        for (var round = 0; round < 200; round++)
        {
            var page = round % 32;
            var iova = _guest.Guest.Layout.PageIova(0, page);
            Assert.True(port.Translate(iova, Access.Read).Succeeded);
            Space.UnmapPage(0, page);
            Assert.True(_ring.TryWrite(Command.NhVa(0, Space.Asid, iova, leaf: true)));
            Assert.True(port.Translate(iova, Access.Read).Succeeded);
            Assert.True(_ring.TryWrite(Command.Sync()));
            await _vmm.DoorbellAsync();
            Assert.True(_ring.IsEmpty);
            Assert.False(port.Translate(iova, Access.Read).Succeeded);
            Space.RemapPage(0, page);
        }
    }

    [Fact]
    public async Task Commands_between_two_syncs_are_one_call_also_where_the_ring_wraps()
    {
        for (var round = 1; round <= 10; round++)
        {
            for (var i = 0; i < 20; i++) Assert.True(_ring.TryWrite(Command.NhVa(0, Space.Asid, (ulong)i << 12, leaf: true)));
            Assert.True(_ring.TryWrite(Command.Sync()));
            await _vmm.DoorbellAsync();
            Assert.Equal(round, _calls);
        }
    }

    [Fact]
    public async Task A_full_ring_takes_nothing_until_it_is_served()
    {
        for (var i = 0; i < 1 << SizeLog2; i++) Assert.True(_ring.TryWrite(Command.Sync()));
        Assert.False(_ring.TryWrite(Command.Sync()));
        await _vmm.DoorbellAsync();
        Assert.True(_ring.TryWrite(Command.Sync()));
    }

    [Theory]
    [InlineData(0x12UL | (1UL << 10))]
    [InlineData((ulong)Opcode.TlbiS12Vmall)]
    [InlineData((ulong)Opcode.Resume)]
    [InlineData(0xEEUL)]
    public async Task A_command_that_no_guest_may_issue_stops_its_own_ring_at_that_command_and_no_other_queue(ulong bad)
    {
        var consumed = _guest.Machine.Drivers[0].Queue.ConsumedTotal;
        for (var i = 0; i < 3; i++) _ring.TryWrite(Command.NhAll(0));
        _ring.TryWrite(new Command(bad, 0));
        _ring.TryWrite(Command.NhAll(0));
        await _vmm.DoorbellAsync();
        Assert.Equal((true, (1u << 24) | 3), (_ring.IsStopped, _ring.Consumer));
        // Three commands and their CMD_SYNC: what is reported consumed is issued (L2).
        Assert.Equal(consumed + 4, _guest.Machine.Drivers[0].Queue.ConsumedTotal);
        Assert.Equal(0, _guest.Machine.Drivers[0].CommandsSkipped);
        await _vmm.DoorbellAsync();
        Assert.True(_ring.IsStopped);

        _ring.Recover(Command.Sync());
        await _vmm.DoorbellAsync();
        Assert.Equal((false, true), (_ring.IsStopped, _ring.IsEmpty));
    }
}
