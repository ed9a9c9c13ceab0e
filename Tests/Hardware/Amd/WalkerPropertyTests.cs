using Iommu.Hardware;
using Iommu.Hardware.Amd;

namespace Iommu.Tests.Hardware.Amd;

/// <summary>
/// The IOMMU's walks against the reference walker, over random tables of the host, of a guest, and of both. IOMMU_WALKS in the environment
/// says how many scenes of each, of 60 translations each; unset, 400.
/// </summary>
public class WalkerPropertyTests
{
    private const int AddressesEach = 60;

    private static readonly int Scenes =
        int.TryParse(Environment.GetEnvironmentVariable("IOMMU_WALKS"), out var asked) ? asked : 400;

    [Theory]
    [InlineData(TableScene.Host)]
    [InlineData(TableScene.Guest)]
    [InlineData(TableScene.Nested)]
    public void Every_translation_is_that_of_the_reference(TableScene kind)
    {
        var outcomes = new Dictionary<string, int>();
        for (var seed = 0; seed < Scenes; seed++)
        {
            var scene = new RandomTables(seed, kind);
            for (var i = 0; i < AddressesEach; i++)
            {
                var (address, access) = (scene.RandomAddress(), scene.Random.Next(2) == 0 ? Access.Read : Access.Write);
                var pasid = scene.RandomPasid();
                var expected = scene.Reference.Translate(RandomTables.Device, address, access == Access.Write, pasid);
                var got = Text(scene.Port.Translate(address, access, pasid), scene.Port);
                var what = $"seed {seed}, {kind}, {access} at 0x{address:x} pasid {pasid}";
                Assert.Equal((what, expected), (what, got));
                var sort = expected.StartsWith("0x", StringComparison.Ordinal) ? "ok" : string.Join(' ', expected.Split(' ').Take(2));
                outcomes[sort] = outcomes.GetValueOrDefault(sort) + 1;
            }
        }
        Assert.True(outcomes["ok"] > Scenes * 5, $"{outcomes["ok"]} translations succeeded");
        // Not present, permission and reserved, for reads and for writes at least.
        Assert.True(outcomes.Count >= 10, string.Join(", ", outcomes));
    }

    private static string Text(Translation result, Port port)
    {
        if (result.Succeeded) return $"0x{result.Address:x} {result.Granted.HasFlag(Access.Read)} {result.Granted.HasFlag(Access.Write)}";
        if (result.Kind == TranslationKind.Abort) return "aborted";
        var record = port.LastEvent!.Value;
        return $"{record.Type} flags=0x{(int)record.Flags:x} id={record.PasidOrDomain} 0x{record.Address:x}";
    }
}
