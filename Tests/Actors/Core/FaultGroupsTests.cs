using Iommu.Actors.Core;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors.Core;

public class FaultGroupsTests
{
    private readonly SwitchedFailures _failures = new();
    private readonly FaultGroups _groups;
    private readonly AttachHandle _handle = new(new ObjectId(3), new PhysicalDevice("dev", 9, new TrivialIommu("iommu")), 0);
    private readonly List<(FaultGroup, PageResponseCode)> _responded = [];
    private readonly byte[] _buffer = new byte[400];

    public FaultGroupsTests() => _groups = new FaultGroups(_failures);

    [Fact]
    public void A_fault_is_laid_out_as_in_linux_iommufd_h()
    {
        var fault = new PageFault(
            PageFaultFlags.PasidValid | PageFaultFlags.LastPage, 0x12345, 0x1ff, PageFaultPermissions.Write, 0xfedc_ba98_7654_3000);
        _groups.Deliver(new FaultGroup(_handle, [fault]));
        Assert.Equal(40UL, Read(40).Value);
        Assert.Equal(
            "03000000" + "03000000" + "45230100" + "ff010000" + "02000000" + "00000000" + "0030547698badcfe" + "00000000" + "01000000",
            Convert.ToHexStringLower(_buffer[..40]));
    }

    [Fact]
    public void A_cookie_is_the_lowest_free_one_from_1_and_is_taken_at_the_read()
    {
        var groups = Enumerable.Range(0, 4).Select(_ => Deliver()).ToList();
        Read(120);
        Assert.Equal([1u, 2u, 3u], Cookies(3));
        Respond(2);
        Respond(1);
        Deliver();
        Read(80);
        Assert.Equal([1u, 2u], Cookies(2));
        Assert.Equal([(groups[1], PageResponseCode.Success), (groups[0], PageResponseCode.Success)], _responded);
    }

    [Fact]
    public void Groups_are_read_whole_as_many_as_fit()
    {
        Deliver(2);
        Deliver(3);
        Deliver();
        Assert.Equal(80UL, Read(160).Value);
        Assert.Equal(Errno.EINVAL, Read(80).Errno);
        Assert.Equal(160UL, Read(400).Value);
        Assert.Equal(Answer.Success, Read(400));
    }

    [Fact]
    public void Reading_nothing_is_refused_when_there_is_something()
    {
        Assert.Equal(Answer.Success, Read(0));
        Deliver();
        Assert.Equal(Errno.EINVAL, Read(0).Errno);
        Assert.Equal(Errno.ESPIPE, Read(39).Errno);
    }

    [Fact]
    public void A_group_whose_copy_fails_is_read_again_whole_under_the_same_cookie()
    {
        Deliver();
        var second = Deliver(3);
        Assert.Equal(40UL, Read(400, end: 120).Value);
        Assert.Equal([second], _groups.Undelivered);
        Assert.Equal(Errno.EFAULT, Read(400, end: 80).Errno);
        Assert.Equal([second], _groups.Undelivered);
        Assert.Equal(120UL, Read(400).Value);
        Assert.Equal([2u, 2u, 2u], Cookies(3));
    }

    [Fact]
    public void A_read_without_memory_for_a_cookie_loses_nothing()
    {
        Deliver();
        _failures.On = true;
        Assert.Equal(Errno.ENOMEM, Read(40).Errno);
        _failures.On = false;
        Assert.Equal(40UL, Read(40).Value);
    }

    [Fact]
    public void A_write_that_goes_wrong_half_way_returns_what_it_did()
    {
        for (var i = 0; i < 3; i++) Deliver();
        Read(120);
        Assert.Equal(8UL, Write([(1, 0), (9, 0), (2, 0)]).Value);
        Assert.Equal(Errno.EINVAL, Write([(9, 0), (2, 0)]).Errno);
        Assert.Equal(Errno.EINVAL, Write([(2, 2)]).Errno);
        Assert.Equal(Errno.EINVAL, Write([(0, 0)]).Errno);
        Assert.Equal(Errno.EFAULT, Write([(2, 0)], end: 7).Errno);
        Assert.Equal(8UL, Write([(2, 1), (3, 0)], end: 15).Value);
        Assert.Equal(Errno.ESPIPE, _groups.Write(7, FaultTraffic.From(_buffer, 400), Record).Errno);
        Assert.Equal(Answer.Success, _groups.Write(0, FaultTraffic.From(_buffer, 0), Record));
        Assert.Equal([PageResponseCode.Success, PageResponseCode.Invalid], _responded.Select(response => response.Item2));
        Assert.Equal([3u], _groups.Unanswered.Keys);
    }

    [Fact]
    public void The_end_of_an_attachment_answers_its_groups_read_or_not_and_no_others()
    {
        var other = new AttachHandle(_handle.Device, _handle.Physical, 0);
        var read = Deliver();
        Read(40);
        var unread = Deliver();
        var others = new FaultGroup(other, [new PageFault(PageFaultFlags.LastPage, 0, 1, PageFaultPermissions.Read, 0)]);
        _groups.Deliver(others);
        _groups.AutoRespond(_handle, Record);
        Assert.Equal([(unread, PageResponseCode.Invalid), (read, PageResponseCode.Invalid)], _responded);
        Assert.Equal([others], _groups.Undelivered);
        Assert.Empty(_groups.Unanswered);
    }

    [Fact]
    public void Answering_all_leaves_nothing()
    {
        Deliver();
        Deliver();
        Read(40);
        _groups.RespondToAll(Record);
        Assert.Equal([PageResponseCode.Invalid, PageResponseCode.Invalid], _responded.Select(response => response.Item2));
        Assert.False(_groups.IsReadable);
        Assert.Equal(Errno.EINVAL, Write([(1, 0)]).Errno);
    }

    [Fact]
    public void A_group_that_has_an_owner_is_not_taken_over_again_B39()
    {
        var group = Deliver();
        Assert.Equal("I6", Assert.Throws<InvariantViolation>(() => _groups.Deliver(group)).Invariant);
        Assert.Single(_groups.Undelivered);
    }

    [Fact]
    public void A_group_that_is_reported_while_another_is_copied_out_is_read_after_it()
    {
        Deliver();
        var late = false;
        var answer = _groups.Read(400, (_, _) =>
        {
            if (!late) Deliver();
            late = true;
            return Errno.None;
        });
        Assert.Equal((80UL, 2), (answer.Value, _groups.Unanswered.Count));
    }

    private FaultGroup Deliver(int faults = 1)
    {
        var group = new FaultGroup(_handle, [.. Enumerable.Range(1, faults).Select(i => new PageFault(
            i == faults ? PageFaultFlags.LastPage : PageFaultFlags.None, 0, 1, PageFaultPermissions.Read, (ulong)i << 12))]);
        _groups.Deliver(group);
        return group;
    }

    private Answer Read(int count, int end = int.MaxValue) => _groups.Read(count, FaultTraffic.Into(_buffer, end));

    private uint[] Cookies(int faults) => [.. Enumerable.Range(0, faults).Select(i => BitConverter.ToUInt32(_buffer, 40 * i + 36))];

    private void Respond(uint cookie) => Assert.Equal(8UL, Write([(cookie, 0)]).Value);

    private Answer Write((uint Cookie, uint Code)[] responses, int end = int.MaxValue)
    {
        var bytes = responses.SelectMany(r => BitConverter.GetBytes(r.Cookie).Concat(BitConverter.GetBytes(r.Code))).ToArray();
        return _groups.Write(bytes.Length, FaultTraffic.From(bytes, end), Record);
    }

    private void Record(FaultGroup group, PageResponseCode code) => _responded.Add((group, code));
}
