using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

/// <summary>The file of a fault queue: read, write, poll, lseek, close.</summary>
public class FaultFileTests : IAsyncLifetime
{
    private SimulatorHarness _iommu = null!;
    private EventFile _file = null!;
    private ObjectId _queue;
    private FaultingDevice _device = null!;

    public async Task InitializeAsync()
    {
        _iommu = await new SimulatorHarness().OpenAsync();
        var queue = await _iommu.FaultQueue();
        (_queue, _file) = (queue.Id, queue.File);
        _device = await _iommu.Faulting(_queue);
    }

    public async Task DisposeAsync() => await _iommu.DisposeAsync();

    [Fact]
    public async Task Read_gives_out_whole_groups_and_0_when_there_is_none()
    {
        Assert.Equal(0, (await _file.ReadAsync(400)).Bytes.Length);
        _device.Report();
        _device.Report(faults: 2);
        Assert.Equal("1", await _file.Cookies(80));
        Assert.Equal("2 2", await _file.Cookies(80));
        Assert.Equal(0, (await _file.ReadAsync(0)).Bytes.Length);
    }

    [Fact]
    public async Task A_fault_names_the_device_and_what_it_reported()
    {
        var fault = _device.Report()[0];
        var bytes = (await _file.ReadAsync(40)).Bytes.ToArray();
        Assert.Equal(
            [(uint)fault.Flags, _device.Handle.Device.Value, fault.Pasid, fault.Group, (uint)fault.Permissions],
            Enumerable.Range(0, 5).Select(i => BitConverter.ToUInt32(bytes, 4 * i)));
        Assert.Equal(fault.Address, BitConverter.ToUInt64(bytes, 24));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(41)]
    public async Task Read_answers_ESPIPE_for_what_is_no_multiple_of_a_fault(int count) =>
        Assert.Equal(Errno.ESPIPE, (await _file.ReadAsync(count)).Errno);

    [Fact]
    public async Task Read_write_and_lseek_answer_ESPIPE_for_a_position()
    {
        Assert.Equal(Errno.ESPIPE, (await _file.ReadAsync(40, (_, _) => Errno.None, position: 0)).Errno);
        Assert.Equal(Errno.ESPIPE, (await _file.WriteAsync(8, (_, _) => Errno.None, position: 8)).Errno);
        Assert.Equal(Errno.ESPIPE, EventFile.Seek());
    }

    [Fact]
    public async Task Read_answers_EINVAL_when_the_first_group_does_not_fit()
    {
        _device.Report(faults: 3);
        Assert.Equal(Errno.EINVAL, (await _file.ReadAsync(80)).Errno);
        Assert.Equal(Errno.EINVAL, (await _file.ReadAsync(0)).Errno);
        Assert.Equal("1 1 1", await _file.Cookies(120));
    }

    [Fact]
    public async Task Read_answers_EFAULT_and_loses_nothing()
    {
        _device.Report(faults: 2);
        var answer = await _file.ReadAsync(400, (offset, _) => offset < 40 ? Errno.None : Errno.EFAULT);
        Assert.Equal(Errno.EFAULT, answer.Errno);
        Assert.Equal("1 1", await _file.Cookies());
    }

    [Fact]
    public async Task Read_answers_ENOMEM_without_memory_for_a_cookie_and_loses_nothing()
    {
        var failures = new FailOnce();
        await using var iommu = await new SimulatorHarness().OpenAsync(failures: failures);
        var queue = await iommu.FaultQueue();
        (await iommu.Faulting(queue.Id)).Report();
        failures.Step = "reserve cookie";
        Assert.Equal(Errno.ENOMEM, (await queue.File.ReadAsync(40)).Errno);
        Assert.Equal("1", await queue.File.Cookies());
    }

    [Fact]
    public async Task Write_answers_groups_and_the_devices_are_told_before_it_returns()
    {
        var groups = Enumerable.Range(0, 3).Select(_ => _device.Report()).ToList();
        await _file.Cookies();
        var commands = _iommu.First.Queue.ConsumedTotal;
        Assert.Equal(new Answer(Errno.None, 16), await _file.Respond((3, 1), (1, 0)));
        Assert.Equal([(groups[2], PageResponseCode.Invalid), (groups[0], PageResponseCode.Success)], _device.Responses);
        Assert.Equal(commands + 2, _iommu.First.Queue.ConsumedTotal);
        Assert.Equal(Answer.Success, await _file.Respond());
    }

    [Theory]
    [InlineData(7)]
    [InlineData(9)]
    public async Task Write_answers_ESPIPE_for_what_is_no_multiple_of_an_answer(int count) =>
        Assert.Equal(Errno.ESPIPE, (await _file.WriteAsync(new byte[count])).Errno);

    [Fact]
    public async Task Write_answers_EINVAL_for_an_unknown_code()
    {
        _device.Report();
        await _file.Cookies();
        Assert.Equal(Errno.EINVAL, (await _file.Respond((1, 2))).Errno);
        Assert.Empty(_device.Responses);
    }

    [Fact]
    public async Task Write_answers_EINVAL_for_an_unknown_cookie_also_for_one_that_was_answered()
    {
        _device.Report();
        Assert.Equal(Errno.EINVAL, (await _file.Respond((1, 0))).Errno);
        await _file.Cookies();
        Assert.Equal(8UL, (await _file.Respond((1, 0))).Value);
        Assert.Equal(Errno.EINVAL, (await _file.Respond((1, 0))).Errno);
        Assert.Single(_device.Responses);
    }

    [Fact]
    public async Task Write_answers_EFAULT_and_has_answered_nothing()
    {
        _device.Report();
        await _file.Cookies();
        Assert.Equal(Errno.EFAULT, (await _file.WriteAsync(8, (_, _) => Errno.EFAULT)).Errno);
        Assert.Empty(_device.Responses);
    }

    [Fact]
    public async Task Write_returns_what_it_did_before_an_answer_that_is_wrong()
    {
        _device.Report();
        _device.Report();
        await _file.Cookies();
        Assert.Equal(new Answer(Errno.None, 8), await _file.Respond((1, 0), (7, 0), (2, 0)));
        Assert.Single(_device.Responses);
    }

    [Fact]
    public async Task Poll_says_OUT_always_and_IN_when_there_is_a_group()
    {
        const PollEvents readable = PollEvents.In | PollEvents.ReadNormal | PollEvents.Out;
        Assert.Equal(PollEvents.Out, (await _file.PollAsync()).Events);
        var waiting = _file.PollAsync(TimeSpan.FromSeconds(10));
        _device.Report();
        Assert.Equal(new PollAnswer(_file, readable), await waiting);
        Assert.Equal(readable, (await _file.PollAsync(TimeSpan.FromSeconds(10))).Events);
        await _file.Cookies();
        Assert.Equal(PollEvents.Out, (await _file.PollAsync(TimeSpan.FromMilliseconds(1))).Events);
    }

    [Fact]
    public async Task The_end_of_an_attachment_answers_what_was_read_and_what_was_not()
    {
        var read = _device.Report();
        await _file.Cookies();
        var unread = _device.Report();
        await _device.EndAttachment();
        Assert.Equal([(unread, PageResponseCode.Invalid), (read, PageResponseCode.Invalid)], _device.Responses);
        Assert.Empty(await _file.Cookies());
        Assert.Equal(Errno.EINVAL, (await _file.Respond((1, 0))).Errno);
    }

    [Fact]
    public async Task Each_group_of_answers_that_race_is_answered_once()
    {
        for (var i = 0; i < 20; i++) _device.Report();
        await _file.Cookies(800);
        var cookies = Enumerable.Range(1, 20).Select(cookie => ((uint)cookie, 0u)).ToArray();
        var writes = Enumerable.Range(0, 3).Select(_ => _file.Respond(cookies)).ToList();
        var ended = _device.EndAttachment();
        await Task.WhenAll([.. writes, ended]);
        Assert.Equal(20, _device.Responses.Select(response => response.Group).Distinct().Count());
        Assert.Equal(20, _device.Responses.Count);
    }

    [Fact]
    public async Task DESTROY_answers_every_group_INVALID()
    {
        var read = _device.Report();
        await _file.Cookies();
        var unread = _device.Report();
        _file.Closed();
        await _iommu.Expect(Errno.EBUSY, new Destroy(_queue));
        foreach (var hwpt in new uint[] { 4, 1 }) await _iommu.Expect(Errno.None, new Destroy(new ObjectId(hwpt)));
        Assert.Equal([(unread, PageResponseCode.Invalid), (read, PageResponseCode.Invalid)], _device.Responses);
    }

    [Fact]
    public async Task A_closed_file_answers_EBADF_and_polls_as_invalid()
    {
        var waiting = _file.PollAsync(TimeSpan.FromSeconds(10));
        _file.Closed();
        Assert.Equal(PollEvents.Invalid, (await waiting).Events);
        await AnswersAsClosed();
        await _iommu.Context.CloseAsync();
        await AnswersAsClosed();
    }

    [Fact]
    public async Task The_last_close_of_the_context_closes_the_file()
    {
        var read = _device.Report();
        await _file.Cookies();
        Assert.Equal(0UL, (await _iommu.Context.CloseAsync()).Value);
        Assert.Equal([(read, PageResponseCode.Invalid)], _device.Responses);
        _file.Closed();
        await AnswersAsClosed();
    }

    [Fact]
    public void A_file_closes_what_it_keeps_open_after_itself_and_once()
    {
        var context = new CountingFile();
        _file.Keep(context);
        Assert.Throws<InvalidOperationException>(() => _file.Keep(context));
        _file.Closed();
        _file.Closed();
        Assert.Equal(1, context.Closes);
    }

    private async Task AnswersAsClosed()
    {
        Assert.Equal(Errno.EBADF, (await _file.ReadAsync(40)).Errno);
        Assert.Equal(Errno.EBADF, (await _file.Respond((1, 0))).Errno);
        Assert.Equal(PollEvents.Invalid, (await _file.PollAsync()).Events);
        Assert.Equal(PollEvents.Invalid, (await _file.PollAsync(TimeSpan.FromSeconds(10))).Events);
    }

    private sealed class CountingFile : IOpenFile
    {
        public int Closes { get; private set; }

        public void Closed() => Closes++;
    }
}
