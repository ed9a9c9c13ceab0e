using Iommu.Actors.Core;
using Iommu.Messages;

namespace Iommu.Tests.Actors.Core;

public class VeventRingTests
{
    private readonly SwitchedFailures _failures = new();
    private readonly VeventRing _ring;
    private readonly byte[] _buffer = new byte[200];

    public VeventRingTests() => _ring = new VeventRing(2, _failures);

    [Fact]
    public void An_event_is_its_header_and_its_data()
    {
        Report(0xaa);
        Assert.Equal(12UL, Read(200).Value);
        Assert.Equal("0000000000000000aaaaaaaa", Convert.ToHexStringLower(_buffer[..12]));
        Assert.Equal(Answer.Success, Read(200));
    }

    [Fact]
    public void As_many_events_are_read_as_fit()
    {
        Report();
        Report();
        Assert.Equal(12UL, Read(23).Value);
        Assert.Equal(12UL, Read(12).Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(11)]
    public void A_read_with_room_for_no_event_is_EINVAL(int count)
    {
        Report();
        Assert.Equal(Errno.EINVAL, Read(count).Errno);
        Assert.Equal(12UL, Read(12).Value);
    }

    [Fact]
    public void A_read_with_no_room_for_a_header_is_EINVAL_also_when_there_is_none() => Assert.Equal(Errno.EINVAL, Read(7).Errno);

    [Fact]
    public void A_full_queue_says_at_its_tail_that_events_were_lost_and_says_it_once()
    {
        for (var i = 0; i < 4; i++) Assert.Equal(Errno.None, Report());
        Assert.Equal(32UL, Read(200).Value);
        Assert.Equal((1u, 3u), Header(24));
        Assert.False(_ring.IsReadable);
        Report();
        Assert.Equal(12UL, Read(200).Value);
        Assert.Equal((0u, 4u), Header());
    }

    [Fact]
    public void A_later_event_takes_the_place_of_the_header_and_the_gap_remains()
    {
        for (var i = 0; i < 3; i++) Report();
        Assert.Equal(12UL, Read(12).Value);
        Report();
        Assert.Equal(24UL, Read(200).Value);
        Assert.Equal(1u, Header().Sequence);
        Assert.Equal((0u, 3u), Header(12));
    }

    [Fact]
    public void The_header_takes_no_room_and_is_not_held_against_the_depth()
    {
        for (var i = 0; i < 3; i++) Report();
        Assert.Equal((2u, 2), (_ring.Held, _ring.Queued));
        Assert.Equal(24UL, Read(31).Value);
        Assert.Equal(8UL, Read(8).Value);
        Assert.Equal((0u, 0), (_ring.Held, _ring.Queued));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(11)]
    public void A_failing_copy_puts_the_event_back_and_keeps_the_depth_B46(int end)
    {
        Report();
        for (var i = 0; i < 5; i++) Assert.Equal(Errno.EFAULT, Read(200, end).Errno);
        Assert.Equal((1u, 1), (_ring.Held, _ring.Queued));
        Report();
        Assert.Equal(24UL, Read(200).Value);
        Assert.Equal([0u, 1u], [Header().Sequence, Header(12).Sequence]);
        Report();
        Report();
        Assert.Equal(24UL, Read(200).Value);
    }

    [Fact]
    public void A_copy_that_fails_at_the_second_event_returns_the_first()
    {
        Report();
        Report();
        Assert.Equal(12UL, Read(200, end: 20).Value);
        Assert.Equal(12UL, Read(200).Value);
    }

    [Fact]
    public void A_header_whose_copy_fails_is_there_again()
    {
        for (var i = 0; i < 3; i++) Report();
        Read(24);
        Assert.Equal(Errno.EFAULT, Read(8, end: 7).Errno);
        Assert.Equal(8UL, Read(8).Value);
        Assert.Equal((1u, 2u), Header());
    }

    [Fact]
    public void An_event_without_memory_is_lost_and_the_driver_knows()
    {
        _failures.On = true;
        Assert.Equal(Errno.ENOMEM, Report());
        Assert.Equal(Errno.ENOMEM, Read(200).Errno);
        _failures.On = false;
        Assert.Equal(8UL, Read(200).Value);
        Assert.Equal((1u, 0u), Header());
        Assert.Equal(0u, _ring.Held);
    }

    [Fact]
    public void An_event_without_data_is_EINVAL_and_has_no_number()
    {
        Assert.Equal(Errno.EINVAL, _ring.Report([]));
        Assert.Equal(0u, _ring.NextSequence);
    }

    [Fact]
    public void After_INT_MAX_comes_0()
    {
        var ring = new VeventRing(2, _failures, int.MaxValue);
        ring.Report([1]);
        ring.Report([2]);
        Assert.Equal(18UL, ring.Read(200, FaultTraffic.Into(_buffer, 200)).Value);
        Assert.Equal([(uint)int.MaxValue, 0u], [Header().Sequence, Header(9).Sequence]);
    }

    private (uint Flags, uint Sequence) Header(int offset = 0) =>
        (BitConverter.ToUInt32(_buffer, offset), BitConverter.ToUInt32(_buffer, offset + 4));

    private Errno Report(byte content = 1) => _ring.Report([content, content, content, content]);

    private Answer Read(int count, int end = int.MaxValue) => _ring.Read(count, FaultTraffic.Into(_buffer, end));
}
