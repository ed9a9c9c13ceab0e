using Iommu.Hardware;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Formats;
using Iommu.Tests.Hardware.Reference;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>
/// The SMMU's walks against the reference walker, over random tables of every granule and both stages.
/// </summary>
public class WalkerPropertyTests
{
    private const int AddressesEach = 60;

    private static readonly int TablesEach = WalkLength.Of(3_600) / AddressesEach;

    [Theory]
    [InlineData(4096, 0)]
    [InlineData(16384, 0)]
    [InlineData(65536, 0)]
    [InlineData(0, 4096)]
    [InlineData(0, 16384)]
    [InlineData(0, 65536)]
    [InlineData(4096, 4096)]
    [InlineData(4096, 65536)]
    [InlineData(16384, 4096)]
    [InlineData(65536, 16384)]
    [InlineData(65536, 4096)]
    public void Every_translation_is_that_of_the_reference(int granule1, int granule2)
    {
        var succeeded = 0;
        for (var seed = 0; seed < TablesEach; seed++)
        {
            var scene = new RandomTables(seed, granule1, granule2);
            for (var i = 0; i < AddressesEach; i++)
            {
                var (address, access) = (scene.RandomAddress(), scene.Random.Next(2) == 0 ? Access.Read : Access.Write);
                var expected = scene.Reference.Translate(scene.Stage1, scene.Stage2, address, access == Access.Write);
                var got = scene.Port.Translate(address, access);
                var what = $"seed {seed}, granules {granule1} and {granule2}, {access} at 0x{address:x}";
                Assert.Equal((what, Text(expected)), (what, Text(got, scene.Port)));
                succeeded += got.Succeeded ? 1 : 0;
            }
        }
        Assert.True(succeeded > TablesEach, $"{succeeded} translations succeeded");
    }

    private static string Text(ReferenceWalker.Outcome outcome) => outcome.Fault is null
        ? $"0x{outcome.Address:x} {outcome.Read} {outcome.Write}"
        : $"{outcome.Fault} stage {outcome.Stage} {outcome.Class} 0x{(outcome.Class == 'T' ? outcome.Ipa & ~0xFFFUL : outcome.Ipa):x}";

    private static string Text(Translation result, Port port)
    {
        if (result.Succeeded) return $"0x{result.Address:x} {result.Granted.HasFlag(Access.Read)} {result.Granted.HasFlag(Access.Write)}";
        var record = port.LastEvent!.Value;
        var faultClass = record.Class == FaultClass.Table ? 'T' : 'I';
        return $"{result.Event} stage {(record.IsStage2 ? 2 : 1)} {faultClass} 0x{record.SecondAddress:x}";
    }
}
