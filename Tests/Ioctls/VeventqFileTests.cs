using Iommu.Actors;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

/// <summary>The file of an event queue, and what its vIOMMU's driver is answered.</summary>
public class VeventqFileTests : IAsyncLifetime
{
    private const VeventqType Type = VeventqType.ArmSmmuv3;

    private readonly FailOnce _failures = new();
    private SimulatorHarness _iommu = null!;
    private ObjectId _viommu;
    private EventFile _file = null!;

    public async Task InitializeAsync()
    {
        _iommu = await new SimulatorHarness().OpenAsync(failures: _failures);
        _viommu = await _iommu.Guest();
        _file = (await _iommu.Open(new VeventqAlloc(_viommu, Type, 2))).File;
    }

    public async Task DisposeAsync() => await _iommu.DisposeAsync();

    [Fact]
    public async Task Read_gives_out_headers_and_data_and_0_when_there_is_none()
    {
        Assert.Equal("", await Read());
        await Report(1);
        await Report(2);
        Assert.Equal("0:01 1:02", await Read());
        Assert.Equal("", await Read());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public async Task Read_answers_EINVAL_for_less_than_a_header(int count)
    {
        Assert.Equal(Errno.EINVAL, (await _file.ReadAsync(count)).Errno);
        await Report(1);
        Assert.Equal(Errno.EINVAL, (await _file.ReadAsync(count)).Errno);
    }

    [Fact]
    public async Task Read_answers_EINVAL_when_the_first_event_does_not_fit()
    {
        await Report(1);
        Assert.Equal(Errno.EINVAL, (await _file.ReadAsync(8)).Errno);
        Assert.Equal("0:01", await Read());
    }

    [Fact]
    public async Task Read_and_lseek_answer_ESPIPE_for_a_position()
    {
        Assert.Equal(Errno.ESPIPE, (await _file.ReadAsync(100, (_, _) => Errno.None, position: 0)).Errno);
        Assert.Equal(Errno.ESPIPE, EventFile.Seek());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    public async Task Read_answers_EFAULT_and_loses_neither_the_event_nor_room_B46(int failAt)
    {
        await Report(1);
        for (var i = 0; i < 5; i++)
            Assert.Equal(Errno.EFAULT, (await _file.ReadAsync(100, (at, _) => at < failAt ? Errno.None : Errno.EFAULT)).Errno);
        await Report(2);
        Assert.Equal("0:01 1:02", await Read());
    }

    [Fact]
    public async Task Read_answers_ENOMEM_without_memory_for_the_header_of_lost_events()
    {
        _failures.Step = "allocate vevent";
        Assert.Equal(Errno.ENOMEM, await Report(1));
        _failures.Step = "copy the header of lost events";
        Assert.Equal(Errno.ENOMEM, (await _file.ReadAsync(100)).Errno);
        Assert.Equal("0:lost", await Read());
    }

    [Fact]
    public async Task Write_answers_EINVAL() => Assert.Equal(Errno.EINVAL, (await _file.WriteAsync(new byte[8])).Errno);

    [Fact]
    public async Task A_full_queue_loses_events_and_says_so_at_the_tail_once()
    {
        for (byte i = 0; i < 5; i++) Assert.Equal(Errno.None, await Report(i));
        Assert.Equal("0:00 1:01 4:lost", await Read());
        await Report(7);
        Assert.Equal("5:07", await Read());
    }

    [Fact]
    public async Task Any_number_of_events_at_once_get_their_numbers_in_order()
    {
        // More than are reserved in the journal at once: some wait for that.
        var reports = Enumerable.Range(0, 2_500).Select(i => Report((byte)i)).ToList();
        Assert.All(await Task.WhenAll(reports), errno => Assert.Equal(Errno.None, errno));
        Assert.Equal("0:00 1:01 2499:lost", await Read());
    }

    [Fact]
    public async Task A_gap_is_what_remains_of_a_loss_before_a_later_event()
    {
        for (byte i = 0; i < 4; i++) await Report(i);
        await _file.ReadAsync(9);
        await Report(9);
        Assert.Equal("1:01 4:09", await Read());
    }

    [Fact]
    public async Task A_report_answers_ENOMEM_without_memory_and_the_event_is_lost()
    {
        _failures.Step = "allocate vevent";
        Assert.Equal(Errno.ENOMEM, await Report(1));
        Assert.Equal("0:lost", await Read());
    }

    [Fact]
    public async Task A_report_answers_EOPNOTSUPP_where_there_is_no_queue_of_its_type()
    {
        Assert.Equal(Errno.EOPNOTSUPP, await _iommu.Report(_viommu, VeventqType.Tegra241Cmdqv, 1));
        _file.Closed();
        await _iommu.Expect(Errno.None, new Destroy(new ObjectId(5)));
        Assert.Equal(Errno.EOPNOTSUPP, await Report(1));
    }

    [Fact]
    public async Task A_report_answers_EINVAL_without_data() => Assert.Equal(Errno.EINVAL, await _iommu.Report(_viommu, Type));

    [Fact]
    public async Task Events_go_on_when_the_file_is_closed()
    {
        _file.Closed();
        Assert.Equal(Errno.None, await Report(1));
        Assert.Equal(Errno.EBADF, (await _file.ReadAsync(100)).Errno);
    }

    [Fact]
    public async Task Poll_says_IN_when_there_is_an_event_and_never_OUT()
    {
        var waiting = _file.PollAsync(TimeSpan.FromSeconds(10));
        await Report(1);
        Assert.Equal(PollEvents.In | PollEvents.ReadNormal, (await waiting).Events);
        await Read();
        Assert.Equal(PollEvents.None, (await _file.PollAsync()).Events);
    }

    private Task<Errno> Report(byte content) => _iommu.Report(_viommu, Type, content);

    private async Task<string> Read()
    {
        var read = await _file.ReadAsync(100);
        Assert.Equal(Errno.None, read.Errno);
        var events = new List<string>();
        for (var rest = read.Bytes; rest.Length > 0;)
        {
            var lost = BitConverter.ToUInt32(rest.Span) == 1;
            events.Add($"{BitConverter.ToUInt32(rest.Span[4..])}:{(lost ? "lost" : $"{rest.Span[8]:x2}")}");
            rest = rest[(lost ? 8 : 9)..];
        }
        return string.Join(' ', events);
    }
}
