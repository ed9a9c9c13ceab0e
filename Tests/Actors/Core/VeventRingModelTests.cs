using Iommu.Actors.Core;
using Iommu.Messages;

namespace Iommu.Tests.Actors.Core;

public class VeventRingModelTests
{
    [Theory]
    [InlineData(0u)]
    [InlineData((uint)int.MaxValue - 20)]
    public void Random_reports_and_reads_come_out_as_in_the_naive_queue(uint firstSequence)
    {
        for (var seed = 0; seed < 100; seed++) new Run(seed, firstSequence).ToTheEnd();
    }

    private sealed class Run
    {
        private readonly int _seed;
        private readonly Random _random;
        private readonly SwitchedFailures _failures = new();
        private readonly VeventRing _ring;
        private readonly NaiveVeventQueue _naive;
        private readonly int _length;

        public Run(int seed, uint firstSequence)
        {
            _seed = seed;
            _random = new Random(seed);
            _length = _random.Next(1, 20);
            var depth = (uint)_random.Next(1, 6);
            _ring = new VeventRing(depth, _failures, firstSequence);
            _naive = new NaiveVeventQueue(depth, firstSequence: firstSequence);
        }

        public void ToTheEnd()
        {
            for (var step = 0; step < 150; step++)
            {
                _failures.On = _random.Next(12) == 0;
                if (_random.Next(3) < 2) Report();
                else Read();
                Assert.Equal((_seed, step, _naive.Held, _naive.Queued), (_seed, step, _ring.Held, _ring.Queued));
            }
        }

        private void Report()
        {
            var data = new byte[_length];
            _random.NextBytes(data);
            Assert.Equal((_seed, _naive.Add(data, _failures.On)), (_seed, _ring.Report(data)));
        }

        /// <summary>Events are reported while it copies, at the same moments in both.</summary>
        private void Read()
        {
            var count = _random.Next(0, 5 * (8 + _length));
            var end = _random.Next(3) == 0 ? _random.Next(count + 1) : int.MaxValue;
            var reports = Enumerable.Range(0, 8).Select(_ => _random.Next(4) == 0 ? (byte)_random.Next(256) : (byte?)null).ToList();
            var (bytes, expected) = (new byte[count], new byte[count]);
            var answer = _ring.Read(count, Reporting(data => _ring.Report(data), bytes));
            Assert.Equal(
                (_seed, _naive.Read(count, Reporting(data => _naive.Add(data, _failures.On), expected), () => _failures.On)),
                (_seed, answer));
            Assert.Equal(expected, bytes);

            CopyOut Reporting(Func<byte[], Errno> report, byte[] buffer)
            {
                var copies = 0;
                var copy = FaultTraffic.Into(buffer, end);
                return (offset, source) =>
                {
                    if (copies < reports.Count && reports[copies++] is { } content) report([.. Enumerable.Repeat(content, _length)]);
                    return copy(offset, source);
                };
            }
        }
    }
}
