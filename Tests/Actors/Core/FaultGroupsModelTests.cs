using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors.Core;

public class FaultGroupsModelTests
{
    [Fact]
    public void Random_reports_reads_answers_and_failing_buffers_come_out_as_in_the_naive_queue()
    {
        for (var seed = 0; seed < 100; seed++) new Run(seed).ToTheEnd();
    }

    private sealed class Run
    {
        private readonly int _seed;
        private readonly FaultTraffic _traffic;
        private readonly SwitchedFailures _failures = new();
        private readonly FaultGroups _groups;
        private readonly NaiveFaultQueue _naive = new();
        private readonly List<(IReadOnlyList<PageFault>, PageResponseCode)> _responded = [];
        private readonly List<(IReadOnlyList<PageFault>, PageResponseCode)> _expected = [];

        public Run(int seed)
        {
            _seed = seed;
            _traffic = new FaultTraffic(seed);
            _groups = new FaultGroups(_failures);
            _naive.Responded += (faults, code) => _expected.Add((faults, code));
        }

        public void ToTheEnd()
        {
            for (var step = 0; step < 200; step++)
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
                        var handle = _traffic.Handle();
                        _traffic.End(handle);
                        _groups.AutoRespond(handle, Respond);
                        _naive.AutoRespond(handle);
                        break;
                }
                Compare();
            }
            _groups.RespondToAll(Respond);
            _naive.RespondToAll();
            Compare();
            Assert.Empty(_groups.Undelivered);
            Assert.Empty(_groups.Unanswered);
        }

        private void Deliver()
        {
            var handle = _traffic.Handle();
            var faults = _traffic.Group(handle);
            _groups.Deliver(new FaultGroup(handle, faults));
            _naive.Deliver(handle, faults);
        }

        private void Read()
        {
            var count = _traffic.RoomBytes();
            var end = _traffic.EndOfBuffer(count);
            var (bytes, expected) = (new byte[count], new byte[count]);
            _failures.On = _traffic.Random.Next(12) == 0;
            var answer = _groups.Read(count, FaultTraffic.Into(bytes, end));
            Assert.Equal((_seed, _naive.Read(count, FaultTraffic.Into(expected, end), _failures.On)), (_seed, answer));
            Assert.Equal(expected, bytes);
            _failures.On = false;
        }

        private void Write()
        {
            var bytes = _traffic.Responses(_groups.Unanswered.Count);
            var end = _traffic.EndOfBuffer(bytes.Length);
            var answer = _groups.Write(bytes.Length, FaultTraffic.From(bytes, end), Respond);
            Assert.Equal((_seed, _naive.Write(bytes.Length, FaultTraffic.From(bytes, end))), (_seed, answer));
        }

        private void Respond(FaultGroup group, PageResponseCode code) => _responded.Add((group.Faults, code));

        private void Compare()
        {
            Assert.Equal(_expected, _responded);
            Assert.Equal(_naive.Undelivered, _groups.Undelivered.Select(group => group.Faults));
            Assert.Equal(_naive.Unanswered.Count(), _groups.Unanswered.Count);
            Assert.Equal(_naive.Undelivered.Any(), _groups.IsReadable);
        }
    }
}
