using Iommu.Hardware.Mock;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Selftest;

public class MockQuietPointTests
{
    [Fact]
    public async Task I1_counts_are_what_the_graph_says_after_random_calls_on_mock_devices()
    {
        for (var seed = 0; seed < 4; seed++)
        {
            await using var iommu = await new MockHarness().OpenAsync();
            var run = new Run(iommu, new Random(seed));
            await run.GoAsync(150);
            var findings = new Findings();
            await ReferenceCountChecker.CheckAsync(iommu.Context, findings);
            Assert.Empty(findings.All.Select(found => (seed, found.What)));
            Assert.Equal(0UL, await iommu.Value(new Close()));
            Assert.Empty(iommu.Hardware.Machine.Devices);
            Assert.Equal(0, iommu.Memory.PinnedTotal);
        }
    }

    /// <summary>Calls several at a time, right and wrong ones, on a few objects.</summary>
    private sealed class Run(MockHarness iommu, Random random)
    {
        private readonly List<MockDomainAnswer> _made = [];
        private readonly List<ObjectId> _hwpts = [];
        private readonly List<int> _files = [];

        public async Task GoAsync(int rounds)
        {
            var ioas = await iommu.Ioas();
            var buffer = iommu.Allocate(4);
            await iommu.Map(ioas, buffer, pages: 4);
            for (var i = 0; i < rounds; i++)
            {
                var answers = await Task.WhenAll(Enumerable.Range(0, 1 + random.Next(3)).Select(_ => iommu.Call(Choose(ioas, buffer))));
                foreach (var answer in answers) if (answer is MockDomainAnswer { Errno: Errno.None } made) _made.Add(made);
                if (_files.Count < 2) _files.Add((int)await iommu.Value(new MockAccessCreate(ioas, MockAccessCreateFlags.NeedsPinPages)));
                if (_made.Count > 0 && _hwpts.Count < 4 && await iommu.Call(new HwptAlloc(
                    Any(_made).Device, ioas, HwptAllocFlags.Pasid)) is { Errno: Errno.None } hwpt) _hwpts.Add(hwpt.Id);
            }
        }

        private Call Choose(ObjectId ioas, ulong buffer)
        {
            if (_made.Count == 0 || random.Next(8) == 0) return new MockDomain(ioas, (uint)MockDeviceFlags.Pasid);
            var (selftest, pasid) = (Any(_made).Selftest, (uint)random.Next(1, 3) * 512);
            var target = random.Next(3) == 0 || _hwpts.Count == 0 ? ioas : Any(_hwpts);
            return random.Next(8) switch
            {
                0 => new Destroy(selftest),
                1 => new MockDomainReplace(selftest, target),
                2 => new MockPasidAttach(selftest, pasid, target),
                3 => new MockPasidReplace(selftest, pasid, target),
                4 => new MockPasidDetach(selftest, pasid),
                5 when _files.Count > 0 => new MockAccessPages(Any(_files), MockHarness.Aperture, 4096, buffer, MockAccessFlags.None),
                6 when _files.Count > 0 => new MockAccessPagesDestroy(Any(_files), (uint)random.Next(20)),
                _ => new Destroy(target),
            };
        }

        private T Any<T>(List<T> list) => list[random.Next(list.Count)];
    }
}
