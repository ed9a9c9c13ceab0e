using System.Globalization;
using Iommu.Hardware;
using Iommu.Hardware.Vtd;

namespace Iommu.Tests.Hardware.Vtd;

/// <summary>
/// The unit's walks against the reference walker, over random tables of every depth and both stages: result, rights, fault, and the
/// accessed and dirty bits. IOMMU_WALKS is how many translations of each kind are made, 3,600 when it is not set.
/// </summary>
public class WalkerPropertyTests
{
    private const int AddressesEach = 60;

    private static readonly int TablesEach = int.Parse(
        Environment.GetEnvironmentVariable("IOMMU_WALKS") ?? "3600", CultureInfo.InvariantCulture) / AddressesEach;

    [Theory]
    [InlineData(4, 0)]
    [InlineData(5, 0)]
    [InlineData(0, 4)]
    [InlineData(0, 5)]
    [InlineData(4, 4)]
    [InlineData(4, 5)]
    [InlineData(5, 4)]
    [InlineData(5, 5)]
    public void Every_translation_is_that_of_the_reference(int firstLevels, int secondLevels)
    {
        var outcomes = new SortedSet<string>();
        for (var seed = 0; seed < TablesEach; seed++)
        {
            var scene = new RandomTables(seed, firstLevels, secondLevels);
            for (var i = 0; i < AddressesEach; i++) outcomes.Add(Compare(scene, seed));
        }
        Assert.Contains("ok", outcomes);
        Assert.True(outcomes.Count > 5, $"only {string.Join(", ", outcomes)} came out");
    }

    private static string Compare(RandomTables scene, int seed)
    {
        var random = scene.Random;
        var execute = random.Next(4) == 0;
        var access = execute ? Access.Read : (Access)random.Next(1, 4);
        var supervisor = random.Next(3) == 0;
        var address = scene.RandomAddress();
        var reference = new ReferenceWalker(scene.Memory, scene.Setup);
        var expected = reference.Translate(
            address, new(access.HasFlag(Access.Read), access.HasFlag(Access.Write), execute, supervisor));
        var port = scene.Unit.OpenPort(RandomTables.SourceId, new PortOptions(false, RandomTables.Pasid, supervisor, execute));
        var got = port.Translate(address, access);
        scene.Unit.ClosePort(port);
        var what = $"seed {seed}, {access}{(execute ? " to execute" : "")}{(supervisor ? " as supervisor" : "")} at 0x{address:x}";
        var text = got.Succeeded
            ? $"0x{got.Address:x} {got.Granted.HasFlag(Access.Read)} {got.Granted.HasFlag(Access.Write)}" : $"fault 0x{(int)got.Reason:x}";
        Assert.Equal((what, expected.ToString()), (what, text));
        foreach (var (at, entry) in reference.After) Assert.Equal((what, at, $"{entry:x}"), (what, at, $"{scene.Memory.Read64(at):x}"));
        return got.Succeeded ? "ok" : $"{got.Reason}";
    }
}
