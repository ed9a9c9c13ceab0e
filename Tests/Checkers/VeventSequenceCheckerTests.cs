using Iommu.Actors.Core;
using Iommu.Messages;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Stress;
using Iommu.Tests.Actors.Core;

namespace Iommu.Tests.Checkers;

/// <summary>
/// The checker of I7 watches random traffic: on queues that are as they should be, and on ones with a bug that it finds by name.
/// </summary>
public class VeventSequenceCheckerTests
{
    private const int Seeds = 40;
    private const uint NearTheEnd = int.MaxValue - 10;
    private const string NoExplanation = "no header and no overflow explains the gap";
    private const string HadRoom = "is said to be lost, but it had room";

    [Theory]
    [InlineData(0u)]
    [InlineData(NearTheEnd)]
    public void A_queue_as_it_should_be_passes(uint firstSequence)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            Assert.Empty(new Run(seed, VeventQueueBug.None, firstSequence).ToTheEnd());
            Assert.Empty(new Run(seed, firstSequence).ToTheEnd());
        }
    }

    [Theory]
    [InlineData(VeventQueueBug.LeaksDepthWhenACopyFails, "depth leaks")]
    [InlineData(VeventQueueBug.RepeatsASequenceNumber, "was given out twice")]
    [InlineData(VeventQueueBug.CountsBackwards, "numbers go back")]
    [InlineData(VeventQueueBug.DropsAnEventThatHasRoom, NoExplanation, HadRoom)]
    [InlineData(VeventQueueBug.DropsTheEventWhoseCopyFails, NoExplanation, HadRoom)]
    [InlineData(VeventQueueBug.SaysNothingOfALossAtTheTail, "was the last and was lost, and no header says so")]
    [InlineData(VeventQueueBug.SaysThatAQueuedEventWasLost, HadRoom)]
    [InlineData(VeventQueueBug.HoldsOneMoreThanItsDepth, "it had no room", "more than its depth")]
    [InlineData(VeventQueueBug.GivesTheDataOfAnother, "with other data")]
    public void A_bug_is_found_by_its_name(VeventQueueBug bug, params string[] names)
    {
        var found = Enumerable.Range(0, Seeds).Select(seed => new Run(seed, bug).ToTheEnd().FirstOrDefault()).OfType<Violation>().ToList();
        Assert.True(found.Count > Seeds / 4, $"found by {found.Count} seeds");
        Assert.All(found, first => Assert.Equal("I7", first.Invariant));
        Assert.All(found, first => Assert.True(names.Any(first.What.Contains), first.What));
    }

    [Fact]
    public void Depth_that_leaks_is_found_by_what_is_lost_too_B46()
    {
        // Without a look at the queue: it is empty, and still full.
        var findings = new Findings();
        var checker = new VeventSequenceChecker("queue", 1, findings);
        checker.Reporting(new byte[] { 1 });
        checker.Reported(Errno.None);
        checker.Reading();
        checker.Read(new Answer(Errno.None, 9), [0, 0, 0, 0, 0, 0, 0, 0, 1]);
        checker.Reporting(new byte[] { 2 });
        checker.Reported(Errno.None);
        checker.Reading();
        checker.Read(new Answer(Errno.None, 8), [1, 0, 0, 0, 1, 0, 0, 0]);
        Assert.Contains("event 1 is said to be lost, but it had room: 0 of 1 were held before it", Assert.Single(findings.All).What);
    }

    [Fact]
    public void A_number_that_nothing_was_reported_with_is_found()
    {
        var findings = new Findings();
        var checker = new VeventSequenceChecker("queue", 1, findings);
        checker.Reading();
        checker.Read(new Answer(Errno.None, 9), [0, 0, 0, 0, 5, 0, 0, 0, 1]);
        Assert.Contains("number 5 was given out, but nothing was reported with it", Assert.Single(findings.All).What);
    }

    [Fact]
    public void A_report_that_was_refused_has_no_number()
    {
        var findings = new Findings();
        var checker = new VeventSequenceChecker("queue", 1, findings);
        foreach (var errno in new[] { Errno.EOPNOTSUPP, Errno.None })
        {
            checker.Reporting(new byte[] { 7 });
            checker.Reported(errno);
        }
        checker.Reading();
        checker.Read(new Answer(Errno.None, 9), [0, 0, 0, 0, 0, 0, 0, 0, 7]);
        Assert.Empty(findings.All);
    }

    /// <summary>Random traffic on one queue, with reports in the middle of reads, until the checker finds something.</summary>
    private sealed class Run
    {
        private readonly Random _random;
        private readonly uint _depth;
        private readonly bool _losing;
        private readonly Findings _findings = new();
        private readonly VeventSequenceChecker _checker;
        private readonly SwitchedFailures _failures = new();
        private readonly NaiveVeventQueue? _naive;
        private readonly VeventRing? _ring;

        public Run(int seed, VeventQueueBug bug, uint firstSequence = 0)
            : this(firstSequence, seed, losing: bug is not (VeventQueueBug.RepeatsASequenceNumber or VeventQueueBug.CountsBackwards)) =>
            _naive = new NaiveVeventQueue(_depth, bug, firstSequence);

        public Run(int seed, uint firstSequence) : this(firstSequence, seed) =>
            _ring = new VeventRing(_depth, _failures, firstSequence);

        // A wrong number is best seen where none is missing.
        private Run(uint firstSequence, int seed, bool losing = true)
        {
            _losing = losing;
            _random = new Random(seed);
            _depth = losing ? (uint)_random.Next(1, 5) : 1000;
            _checker = new VeventSequenceChecker("queue", _depth, _findings, firstSequence);
        }

        public IReadOnlyList<Violation> ToTheEnd()
        {
            for (var step = 0; step < 300 && !_findings.Any; step++)
            {
                _failures.On = _losing && _random.Next(15) == 0;
                if (_random.Next(5) < 3) Report();
                else Read();
                _checker.Look(_naive?.Held ?? _ring!.Held, _naive?.Queued ?? _ring!.Queued);
            }
            return _findings.All;
        }

        private void Report()
        {
            var data = new byte[4];
            _random.NextBytes(data);
            _checker.Reporting(data);
            _checker.Reported(_naive?.Add(data, _failures.On) ?? _ring!.Report(data));
        }

        private void Read()
        {
            var buffer = new byte[_random.Next(40)];
            var copyOut = FaultTraffic.Into(buffer, _random.Next(3) == 0 ? _random.Next(buffer.Length + 1) : int.MaxValue);
            _checker.Reading();
            var answer = _naive?.Read(buffer.Length, Copy, () => _failures.On) ?? _ring!.Read(buffer.Length, Copy);
            _checker.Read(answer, buffer.AsSpan(0, (int)answer.Value));

            Errno Copy(int offset, ReadOnlySpan<byte> bytes)
            {
                if (_random.Next(6) == 0) Report();
                return copyOut(offset, bytes);
            }
        }
    }
}
