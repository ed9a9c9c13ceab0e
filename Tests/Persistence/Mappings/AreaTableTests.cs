using Iommu.Hardware;
using Iommu.Messages;
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
    public void Maps_cuts_and_unmaps_in_any_order_leave_what_a_unit_by_unit_model_has() => ForEverySeed((random, bases) =>
    {
        var table = new AreaTable();
        var model = new Area?[Units];
        for (var step = 0; step < StepsPerSeed; step++)
        {
            Step(random, bases, table, model);
            Assert.Equal(model.OfType<Area>().Distinct(), table.Areas);
        }
        var again = new AreaTable();
        foreach (var happened in table.ToEvents()) again.Apply(happened);
        Assert.Equal(table.Areas, again.Areas);
    });

    [Fact]
    public void An_area_may_end_at_the_last_address()
    {
        var table = new AreaTable();
        table.Apply(new AreaMapped(ulong.MaxValue - 0xfff, 0x1000, 0, Access.Read));
        Assert.Equal(ulong.MaxValue, Assert.Single(table.Areas).Last);
        table.Apply(new AreasUnmapped(ulong.MaxValue - 0xfff, 0x1000));
        Assert.Empty(table.Areas);
    }

    [Fact]
    public void An_area_of_an_earlier_version_is_alone_with_its_pages()
    {
        var area = Area.Of(new AreaMapped(0x1000, 0x2000, 0x7000, Access.ReadWrite));
        Assert.Equal(new Area(0x1000, 0x2000, 0x7000, Access.ReadWrite, new AreaPages(0, 0, 0x7000, 0x2000, true)), area);
        Assert.Equal(area, Area.Of(area.ToEvent()));
    }

    [Fact]
    public void Pages_at_the_start_of_a_file_are_told_from_those_of_an_earlier_version()
    {
        var area = new Area(0x1000, 0x1000, 0x3000, Access.Read, new AreaPages(5, 9, 0, 0x8000, false));
        Assert.Equal(area, Area.Of(area.ToEvent()));
    }

    [Fact]
    public void Settings_come_back_from_the_events_of_a_snapshot()
    {
        var table = new AreaTable();
        foreach (var happened in (MappingEvent[])
            [
                new LargePagesSet(true), new LargePagesSet(false), new IovasAllowed([new(0, 1)]), new IovasAllowed([new(0x1000, 0x1fff)]),
                new IovasReserved(5, 6), new IovasReserved(7, 9),
                new AreaMapped(0x1000, 0x1000, 0, Access.Read, 5, 6, 0, 0x1000, false), new PagesRevoked(5), new PagesRevoked(7),
            ]) table.Apply(happened);
        var again = new AreaTable();
        foreach (var happened in table.ToEvents()) again.Apply(happened);

        Assert.False(again.LargePages);
        Assert.Equal([new IovaRange(0x1000, 0x1fff)], again.Allowed);
        Assert.Equal([new IovaRange(5, 6), new IovaRange(7, 9)], again.Reserved);
        Assert.True(again.IsRevoked(Assert.Single(again.Areas)));
    }

    [Fact]
    public void Pages_that_were_taken_away_are_forgotten_with_their_last_area()
    {
        // Their number may be used again after a crash.
        var table = new AreaTable();
        table.Apply(new AreaMapped(0x1000, 0x1000, 0, Access.Read, 5, 6, 0, 0x1000, false));
        table.Apply(new PagesRevoked(5));
        table.Apply(new AreasUnmapped(0x1000, 0x1000));
        table.Apply(new AreaMapped(0x1000, 0x1000, 0, Access.Read, 5, 7, 0, 0x1000, false));
        Assert.False(table.IsRevoked(Assert.Single(table.Areas)));
    }

    private static void Step(Random random, ulong bases, AreaTable table, Area?[] model)
    {
        var from = random.Next(Units);
        var to = from + random.Next(Math.Min(8, Units - from));
        var (iova, length) = (bases + (ulong)from * Unit, (ulong)(to - from + 1) * Unit);
        var inside = model[from..(to + 1)];
        var kind = random.Next(3);
        if (kind == 0 && inside.All(area => area is null))
        {
            var mapped = new AreaMapped(iova, length, (ulong)random.Next(1000) * Unit, Access.ReadWrite);
            table.Apply(mapped);
            Fill(new Area(iova, length, mapped.UserAddress, mapped.Access));
        }
        else if (kind == 1 && model[from] is { } cut)
        {
            var last = iova + (Unit - 1);
            table.Apply(new AreaCut(last));
            if (last == cut.Last) return;
            Fill(cut with { LengthBytes = last - cut.Iova + 1 });
            Fill(cut with { Iova = last + 1, LengthBytes = cut.Last - last, UserAddress = cut.UserAddress + (last - cut.Iova + 1) });
        }
        else if (inside.OfType<Area>().All(area => area.Iova >= iova && area.Last <= iova + (length - 1)))
        {
            table.Apply(new AreasUnmapped(iova, length));
            for (var unit = from; unit <= to; unit++) model[unit] = null;
        }

        void Fill(Area area)
        {
            for (var unit = (area.Iova - bases) / Unit; unit <= (area.Last - bases) / Unit; unit++) model[unit] = area;
        }
    }

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
