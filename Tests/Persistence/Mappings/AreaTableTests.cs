using Iommu.Hardware;
using Iommu.Persistence.Events;
using Iommu.Persistence.Mappings;

namespace Iommu.Tests.Persistence.Mappings;

/// <summary>Against a model that has an entry for each unit of a small space.</summary>
public class AreaTableTests
{
    private const int Seeds = 150;
    private const int StepsPerSeed = 200;
    private const ulong Unit = 0x1000;
    private const int Units = 64;

    [Fact]
    public void Maps_and_unmaps_in_any_order_leave_what_a_unit_by_unit_model_has() => ForEverySeed((random, bases) =>
    {
        var table = new AreaTable();
        var model = new Area?[Units];
        for (var step = 0; step < StepsPerSeed; step++)
        {
            Step(random, bases, table, model);

            Assert.Equal(model.OfType<Area>().Distinct(), table.Areas);
            CheckRange(random, bases, table, model);
        }
    });

    [Fact]
    public void A_hole_is_the_lowest_that_fits_and_is_aligned() => ForEverySeed((random, bases) =>
    {
        var table = new AreaTable();
        var model = new Area?[Units];
        for (var step = 0; step < StepsPerSeed; step++)
        {
            Step(random, bases, table, model);
            var (length, alignment) = (1 + random.Next(8), 1 << random.Next(4));
            var first = random.Next(Units);
            var last = first + random.Next(Units - first);
            var like = random.Next(16);

            var expected = Enumerable.Range(first, last - first + 1).Cast<int?>().FirstOrDefault(at =>
                at + length - 1 <= last && AlignedLike(bases + (ulong)at! * Unit, (ulong)like * Unit, (ulong)alignment * Unit)
                && Enumerable.Range(at!.Value, length).All(unit => model[unit] is null));
            var hole = table.FindHole((ulong)length * Unit, (ulong)alignment * Unit, (ulong)like * Unit,
                bases + (ulong)first * Unit, bases + (ulong)last * Unit + (Unit - 1));

            Assert.Equal(expected is { } unit ? bases + (ulong)unit * Unit : null, hole);
        }
    });

    [Fact]
    public void An_area_may_end_at_the_last_address()
    {
        var table = new AreaTable();
        table.Apply(new AreaMapped(ulong.MaxValue - 0xfff, 0x1000, 0, Access.Read));

        Assert.Equal(ulong.MaxValue, Assert.Single(table.Overlapping(ulong.MaxValue, ulong.MaxValue)).Last);
        Assert.Null(table.FindHole(0x1000, 0x1000, 0, ulong.MaxValue - 0xfff, ulong.MaxValue));
    }

    [Fact]
    public void An_area_may_begin_at_the_first_address()
    {
        var table = new AreaTable();
        table.Apply(new AreaMapped(0, 0x1000, 0, Access.Read));

        Assert.Equal(0x1000UL, table.FindHole(0x1000, 0x1000, 0, 0, ulong.MaxValue));
    }

    [Fact]
    public void The_whole_space_is_a_hole_of_an_empty_table() =>
        Assert.Equal(0UL, new AreaTable().FindHole(ulong.MaxValue, 1, 0, 0, ulong.MaxValue));

    private static void Step(Random random, ulong bases, AreaTable table, Area?[] model)
    {
        var from = random.Next(Units);
        var to = from + random.Next(Math.Min(8, Units - from));
        var (iova, length) = (bases + (ulong)from * Unit, (ulong)(to - from + 1) * Unit);
        var inside = model[from..(to + 1)];
        if (random.Next(2) == 0 && inside.All(area => area is null))
        {
            var mapped = new AreaMapped(iova, length, (ulong)random.Next(1000) * Unit, Access.ReadWrite);
            table.Apply(mapped);
            for (var unit = from; unit <= to; unit++) model[unit] = new Area(iova, length, mapped.UserAddress, mapped.Access);
        }
        else if (inside.OfType<Area>().All(area => area.Iova >= iova && area.Last <= iova + (length - 1)))
        {
            table.Apply(new AreasUnmapped(iova, length));
            for (var unit = from; unit <= to; unit++) model[unit] = null;
        }
    }

    private static void CheckRange(Random random, ulong bases, AreaTable table, Area?[] model)
    {
        var from = random.Next(Units);
        var to = from + random.Next(Units - from);
        var (first, last) = (bases + (ulong)from * Unit, bases + (ulong)to * Unit + (Unit - 1));
        var expected = model[from..(to + 1)].OfType<Area>().Distinct().ToList();

        Assert.Equal(expected, table.Overlapping(first, last));
        Assert.Equal(expected.Count > 0, table.AnyIn(first, last));
    }

    private static bool AlignedLike(ulong at, ulong like, ulong alignment) => ((at - like) & (alignment - 1)) == 0;

    /// <summary>The space lies at 0, in the middle, or ends with the last address.</summary>
    private static void ForEverySeed(Action<Random, ulong> check)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            ulong[] bases = [0, 0x4000_0000, unchecked(0UL - Units * Unit)];
            try
            {
                check(new Random(seed), bases[seed % bases.Length]);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e.Message}");
            }
        }
    }
}
