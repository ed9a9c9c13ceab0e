using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Stress;
using Iommu.Tests.Actors.Core;

namespace Iommu.Tests.Checkers;

/// <summary>
/// The checker of I6 watches random traffic: on queues that are as they should be, and on ones with a bug that it finds by name.
/// </summary>
public class FaultGroupCheckerTests
{
    private const int Seeds = 20;

    [Fact]
    public void A_queue_as_it_should_be_passes()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            Assert.Empty(new Run(seed, FaultQueueBug.None).ToTheEnd());
            Assert.Empty(new Run(seed, new FaultGroups(NoFailures.Instance)).ToTheEnd());
        }
    }

    [Theory]
    [InlineData(FaultQueueBug.StaysUndeliveredWhenRead, "is on two lists")]
    [InlineData(FaultQueueBug.AnswersTwice, "is answered twice")]
    [InlineData(FaultQueueBug.DropsTheGroupOfAFailedRead, "is lost: it is on no list")]
    [InlineData(FaultQueueBug.KeepsReadGroupsOfAnEndedAttachment, "is lost: its attachment has ended")]
    [InlineData(FaultQueueBug.TearsAGroupThatDoesNotFit, "was read in part")]
    [InlineData(FaultQueueBug.GivesOneCookieToTwo, "cookie 1 names")]
    [InlineData(FaultQueueBug.AnswersWithTheOtherCode, "which nobody wrote")]
    [InlineData(FaultQueueBug.AnswersNothingWhenItGoes, "is lost: its queue is gone")]
    public void A_bug_is_found_by_its_name(FaultQueueBug bug, string name)
    {
        var found = Enumerable.Range(0, Seeds).Select(seed => new Run(seed, bug).ToTheEnd().FirstOrDefault()).OfType<Violation>().ToList();
        Assert.True(found.Count > Seeds / 4, $"found by {found.Count} seeds");
        Assert.All(found, first => Assert.Equal("I6", first.Invariant));
        Assert.All(found, first => Assert.Contains(name, first.What));
    }

    [Fact]
    public void A_group_that_is_read_twice_under_two_cookies_is_on_two_lists_B39()
    {
        var (findings, traffic) = (new Findings(), new FaultTraffic(1));
        var checker = new FaultGroupChecker("queue", findings);
        var handle = traffic.Handle();
        var group = traffic.Group(handle);
        checker.Reported(handle, handle.Device, group);
        foreach (var cookie in new uint[] { 1, 2 }) checker.Read(Layout(handle.Device, group, cookie));
        Assert.Contains("was read as 1 and as 2: it is on two lists", Assert.Single(findings.All).What);
    }

    [Fact]
    public void A_group_that_is_reported_again_while_it_waits_is_on_two_lists_B39()
    {
        var (findings, traffic) = (new Findings(), new FaultTraffic(1));
        var checker = new FaultGroupChecker("queue", findings);
        var group = traffic.Group(traffic.Handle());
        foreach (var handle in new[] { traffic.Handle(), traffic.Handle() }) checker.Reported(handle, handle.Device, group);
        Assert.Contains("it is on two lists", Assert.Single(findings.All).What);
    }

    [Fact]
    public void A_group_that_nobody_reported_is_found_when_it_is_read_and_when_it_is_answered()
    {
        var (findings, traffic) = (new Findings(), new FaultTraffic(1));
        var checker = new FaultGroupChecker("queue", findings);
        var group = traffic.Group(traffic.Handle());
        checker.Read(Layout(new ObjectId(1), group, 1));
        checker.Responded(group, PageResponseCode.Success);
        checker.Look([group], []);
        Assert.Equal(3, findings.All.Count);
        Assert.All(findings.All, found => Assert.Contains("reported", found.What));
    }

    [Fact]
    public void A_group_that_is_answered_while_it_is_read_may_be_given_out_still_and_later_not()
    {
        var (findings, traffic) = (new Findings(), new FaultTraffic(1));
        var checker = new FaultGroupChecker("queue", findings);
        var handle = traffic.Handle();
        var group = traffic.Group(handle);
        checker.Reported(handle, handle.Device, group);
        checker.Reading();
        checker.Ending(handle);
        checker.Responded(group, PageResponseCode.Invalid);
        checker.Read(Layout(handle.Device, group, 1));
        Assert.Empty(findings.All);
        checker.Reading();
        checker.Read(Layout(handle.Device, group, 1));
        Assert.Contains("that is answered", Assert.Single(findings.All).What);
    }

    [Fact]
    public void An_answer_that_no_device_gets_is_found()
    {
        var (findings, traffic) = (new Findings(), new FaultTraffic(1));
        var checker = new FaultGroupChecker("queue", findings);
        var handle = traffic.Handle();
        var group = traffic.Group(handle);
        checker.Reported(handle, handle.Device, group);
        checker.Read(Layout(handle.Device, group, 1));
        byte[] response = [1, 0, 0, 0, 0, 0, 0, 0];
        checker.Written(checker.Writing(response), new Answer(Errno.None, 8));
        Assert.Contains("its device was told nothing", Assert.Single(findings.All).What);
    }

    private static byte[] Layout(ObjectId device, IReadOnlyList<PageFault> group, uint cookie) => [.. group.SelectMany(fault => new[]
    {
        (uint)fault.Flags, device.Value, fault.Pasid, fault.Group, (uint)fault.Permissions, 0u,
        (uint)fault.Address, (uint)(fault.Address >> 32), 0u, cookie,
    }).SelectMany(BitConverter.GetBytes)];

    /// <summary>Random traffic on one queue, until the checker finds something or the queue goes.</summary>
    private sealed class Run
    {
        private readonly FaultTraffic _traffic;
        private readonly Findings _findings = new();
        private readonly FaultGroupChecker _checker;
        private readonly NaiveFaultQueue? _naive;
        private readonly FaultGroups? _groups;

        public Run(int seed, FaultQueueBug bug) : this(seed)
        {
            _naive = new NaiveFaultQueue(bug);
            _naive.Responded += _checker.Responded;
        }

        public Run(int seed, FaultGroups groups) : this(seed) => _groups = groups;

        private Run(int seed)
        {
            _traffic = new FaultTraffic(seed);
            _checker = new FaultGroupChecker("queue", _findings);
        }

        public IReadOnlyList<Violation> ToTheEnd()
        {
            for (var step = 0; step < 200 && !_findings.Any; step++)
            {
                switch (_traffic.Random.Next(8))
                {
                    case 0 or 1 or 2:
                        Deliver();
                        break;
                    case 3 or 4:
                        Read();
                        break;
                    case 5 or 6:
                        Write();
                        break;
                    default:
                        End();
                        break;
                }
                if (_naive is not null) _checker.Look([.. _naive.Undelivered], [.. _naive.Unanswered]);
                else _checker.Look(Faults(_groups!.Undelivered), Faults(_groups.Unanswered.Values));
            }
            if (!_findings.Any) Destroy();
            return _findings.All;

            static List<IReadOnlyList<PageFault>> Faults(IEnumerable<FaultGroup> groups) => [.. groups.Select(group => group.Faults)];
        }

        private void Deliver()
        {
            var handle = _traffic.Handle();
            var faults = _traffic.Group(handle);
            _checker.Reported(handle, handle.Device, faults);
            _naive?.Deliver(handle, faults);
            _groups?.Deliver(new FaultGroup(handle, faults));
        }

        private void Read()
        {
            var buffer = new byte[_traffic.RoomBytes()];
            var copyOut = FaultTraffic.Into(buffer, _traffic.EndOfBuffer(buffer.Length));
            _checker.Reading();
            var answer = _naive?.Read(buffer.Length, copyOut) ?? _groups!.Read(buffer.Length, copyOut);
            _checker.Read(buffer.AsSpan(0, (int)answer.Value));
        }

        private void Write()
        {
            var bytes = _traffic.Responses(6);
            var copyIn = FaultTraffic.From(bytes, _traffic.EndOfBuffer(bytes.Length));
            var writing = _checker.Writing(bytes.AsSpan(0, bytes.Length / 8 * 8));
            _checker.Written(writing, _naive?.Write(bytes.Length, copyIn) ?? _groups!.Write(bytes.Length, copyIn, Respond));
        }

        private void End()
        {
            var handle = _traffic.Handle();
            _traffic.End(handle);
            _checker.Ending(handle);
            _naive?.AutoRespond(handle);
            _groups?.AutoRespond(handle, Respond);
            _checker.Ended(handle);
        }

        private void Destroy()
        {
            Deliver();
            _checker.Destroying();
            _naive?.RespondToAll();
            _groups?.RespondToAll(Respond);
            _checker.Destroyed();
        }

        private void Respond(FaultGroup group, PageResponseCode code) => _checker.Responded(group.Faults, code);
    }
}
