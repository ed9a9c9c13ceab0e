using Akka.Configuration;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;
using Iommu.Tests.Conformance.Persistence;

namespace Iommu.Tests.Vfio;

/// <summary>What was set for the VFIO compatibility is there again on a new simulator, and gone with the context.</summary>
public abstract class VfioRecoverySpec(Config config) : IDisposable
{
    [StoreFact]
    public async Task The_compatibility_IOAS_comes_back_with_its_mappings_and_what_type_1_set()
    {
        ObjectId ioas;
        await using (var iommu = await new SimulatorHarness(config).OpenAsync())
        {
            ioas = await iommu.Id(new VfioAttachGroup());
            await iommu.Expect(Errno.None, new VfioSetIommu(VfioExtension.Type1));
            await iommu.Expect(Errno.None, new VfioMapDma(true, true, 1 << 20, 0x10000, 0x4000));
            Assert.Equal(0x1000UL, (await iommu.Call(new VfioUnmapDma(0x11000, 0x1000))).Value);
        }
        await using var again = await new SimulatorHarness(config).OpenAsync();
        Assert.Equal(ioas, await again.Id(new VfioIoas(VfioIoasOp.Get)));
        Assert.Equal(ioas, await again.Id(new VfioAttachGroup()));
        Assert.Equal(0x1000UL, (await again.Call(new VfioUnmapDma(0x12000, 0x1000))).Value);
        Assert.Equal(0x2000UL, (await again.Call(new VfioUnmapDma(0, 0, All: true))).Value);
        await again.Expect(Errno.None, new Destroy(ioas));
        await again.Expect(Errno.ENODEV, new VfioGetInfo());
    }

    [StoreFact]
    public async Task No_IOMMU_mode_comes_back_and_ends_with_the_context()
    {
        await using (var iommu = await new SimulatorHarness(config).OpenAsync())
            await iommu.Expect(Errno.None, new VfioAttachGroup(NoIommu: true));
        await using (var again = await new SimulatorHarness(config).OpenAsync())
        {
            await again.Expect(Errno.EINVAL, new VfioAttachGroup());
            Assert.Equal(0UL, (await again.Context.CloseAsync()).Value);
        }
        await using var fresh = await new SimulatorHarness(config).OpenAsync();
        await fresh.Expect(Errno.None, new VfioAttachGroup());
    }

    public abstract void Dispose();
}
