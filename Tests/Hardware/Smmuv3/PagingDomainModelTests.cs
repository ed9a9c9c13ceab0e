using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>The driver's tables against a dictionary of pages, and against what the hardware reads in them.</summary>
public class PagingDomainModelTests
{
    [Theory]
    [InlineData(HwptAllocFlags.None)]
    [InlineData(HwptAllocFlags.NestParent)]
    public void Maps_and_unmaps_are_those_of_a_dictionary_and_no_frame_is_lost(HwptAllocFlags flags)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var machine = Smmuv3Machine.Create();
            var device = machine.Devices[0];
            var before = machine.Frames.InUse;
            var domain = machine.Drivers[0].AllocPaging(device, flags).Value!;
            Plan.Run(machine.Drivers[0].Attach(device, null, domain).Value!);
            var port = machine.OpenPort(device);
            var areas = new SortedDictionary<ulong, (ulong Length, ulong Physical)>();
            for (var i = 0; i < 120; i++)
            {
                if (areas.Count > 0 && random.Next(3) == 0) Unmap(domain, areas, random);
                else Map(domain, areas, random);
                Compare(domain, port, areas, random, seed);
            }
            while (areas.Count > 0) Unmap(domain, areas, random);
            Plan.Run(machine.Drivers[0].Attach(device, domain, null).Value!);
            Plan.Run(domain.Free());
            Assert.Equal((seed, before), (seed, machine.Frames.InUse));
        }
    }

    [Fact]
    public void A_map_that_runs_out_of_frames_can_be_unmapped_and_leaves_nothing()
    {
        for (var failing = 0; failing < 4; failing++)
        {
            var machine = Smmuv3Machine.Create();
            var domain = machine.Drivers[0].AllocPaging(machine.Devices[0], HwptAllocFlags.None).Value!;
            var before = machine.Frames.InUse;
            machine.Frames.FailAt(failing);
            // Across a 2 MiB boundary: three tables for the first page, one more for the last.
            Assert.Equal(Errno.ENOMEM, domain.Map(0x1F_F000, 1UL << 40, 0x2000, Access.ReadWrite));
            domain.Unmap(0x1F_F000, 0x2000);
            Plan.Run(domain.Flush(0x1F_F000, 0x2000));
            Assert.Null(domain.Lookup(0x1F_F000));
            Assert.InRange(machine.Frames.InUse, before, before + 3);
        }
    }

    [Fact]
    public void Misuse_is_refused_with_the_errno_that_says_why()
    {
        var machine = Smmuv3Machine.Create();
        var domain = machine.Drivers[0].AllocPaging(machine.Devices[0], HwptAllocFlags.None).Value!;
        Assert.Equal(Errno.EINVAL, domain.Map(0x1001, 0, 0x1000, Access.Read));
        Assert.Equal(Errno.EINVAL, domain.Map(0x1000, 0, 0, Access.Read));
        Assert.Equal(Errno.ERANGE, domain.Map(1UL << 48, 0x1000, 0x1000, Access.Read));
        Assert.Equal(Errno.None, domain.Map(0x1000, 0x5000, 0x1000, Access.Read));
        Assert.Equal(Errno.EEXIST, domain.Map(0x1000, 0x6000, 0x1000, Access.Read));
        Assert.Equal(0x5000UL, domain.Lookup(0x1000));
    }

    private static void Map(IPagingDomain domain, SortedDictionary<ulong, (ulong Length, ulong Physical)> areas, Random random)
    {
        var unit = 1UL << (random.Next(3) switch { 0 => 12, 1 => 21, _ => 30 });
        var iova = (ulong)random.Next(1, 40) * unit;
        var length = (ulong)random.Next(1, 4) * unit;
        if (areas.Any(area => area.Key < iova + length && iova < area.Key + area.Value.Length)) return;
        var physical = (1UL << 42) + (ulong)random.Next(1 << 10) * unit;
        Assert.Equal(Errno.None, domain.Map(iova, physical, length, Access.ReadWrite));
        areas[iova] = (length, physical);
    }

    private static void Unmap(IPagingDomain domain, SortedDictionary<ulong, (ulong Length, ulong Physical)> areas, Random random)
    {
        var (iova, area) = areas.ElementAt(random.Next(areas.Count));
        Assert.Equal(area.Length, domain.Unmap(iova, area.Length));
        Plan.Run(domain.Flush(iova, area.Length));
        areas.Remove(iova);
    }

    private static void Compare(
        IPagingDomain domain, Port port, SortedDictionary<ulong, (ulong Length, ulong Physical)> areas, Random random, int seed)
    {
        for (var i = 0; i < 10; i++)
        {
            var iova = (ulong)random.NextInt64(1L << 36);
            if (areas.Count > 0 && i < 8)
            {
                var (start, area) = areas.ElementAt(random.Next(areas.Count));
                iova = start + (ulong)random.NextInt64((long)area.Length + 8192) - (i == 0 ? 1UL : 0);
            }
            ulong? expected = null;
            foreach (var (start, area) in areas)
                if (iova >= start && iova - start < area.Length) expected = area.Physical + (iova - start);
            Assert.Equal((seed, expected), (seed, domain.Lookup(iova)));
            var result = port.Translate(iova, Access.Write);
            Assert.Equal((seed, iova, expected), (seed, iova, result.Succeeded ? result.Address : null));
        }
    }
}
