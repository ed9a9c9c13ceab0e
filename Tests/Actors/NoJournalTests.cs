using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors;

/// <summary>A simulator that keeps nothing goes on for as long as one that does.</summary>
public class NoJournalTests
{
    private const int Snapshots = 12;
    private const int EventsOfEach = 1010;

    [Fact]
    public async Task Snapshots_that_nobody_keeps_are_no_failures_and_contexts_can_be_opened_after_any_number()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        for (var events = 0; events < Snapshots * EventsOfEach; events += 2)
        {
            await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
            await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0x1000, 0x1000));
        }
        await iommu.OpenAsync("next");
        await iommu.Bind();
    }
}
