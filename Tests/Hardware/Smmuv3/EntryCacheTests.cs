using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>
/// What a TLB may still hold after each form of invalidation, by brute force: every page that was translated, and whether
/// the command's plain meaning covers it. Kept entries must be hit (the tables are gone), covered ones must not.
/// </summary>
public class EntryCacheTests
{
    private const ulong Ram = 1UL << 40;
    private const int Asid = 5;

    [Fact]
    public void Each_invalidation_removes_exactly_what_it_covers()
    {
        var survivors = 0;
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var guest = new Guest();
            var pages = Enumerable.Range(0, 40).Select(_ => (ulong)random.Next(512)).Distinct().ToArray();
            foreach (var page in pages) Assert.True(guest.Port.Translate(page << 12, Access.Read).Succeeded);
            guest.DropTables();
            var command = RandomCommand(random, out var covers);
            Plan.Run(guest.Viommu.Invalidate(InvalidateDataType.ArmSmmuv3, Bytes(command), 16, 1).Batch!);
            foreach (var page in pages)
            {
                var hit = guest.Port.Translate(page << 12, Access.Read).Succeeded;
                Assert.Equal((seed, command.ToString(), page, !covers(page)), (seed, command.ToString(), page, hit));
                survivors += hit ? 1 : 0;
            }
        }
        Assert.True(survivors > 400, $"{survivors} entries survived");
    }

    private static Command RandomCommand(Random random, out Func<ulong, bool> covers)
    {
        var first = (ulong)random.Next(512);
        var (num, scale) = (random.Next(32), random.Next(5));
        var last = first + ((ulong)(num + 1) << scale) - 1;
        var foreign = random.Next(3) == 0;
        var asid = foreign ? Asid + 1 : Asid;
        var leaf = random.Next(2) == 0;
        switch (random.Next(8))
        {
            case 0: covers = _ => true; return new Command((ulong)Opcode.TlbiNhAll, 0);
            case 1: covers = _ => !foreign; return Command.NhAsid(0, asid);
            case 2: covers = page => page == first && !foreign; return Command.NhVa(0, asid, first << 12, leaf);
            case 3: covers = page => page == first; return new Command((ulong)Opcode.TlbiNhVaa, first << 12);
            case 4:
                covers = page => page >= first && page <= last && !foreign;
                return Command.NhVa(0, asid, first << 12, leaf).WithRange(num, scale, 12, ttl: 3);
            case 5:
                covers = page => page >= first && page <= last;
                return new Command((ulong)Opcode.TlbiNhVaa, first << 12).WithRange(num, scale, 12, ttl: 3);
            case 6:
                // A hint of level 2 is for blocks: pages may stay, and here they do.
                covers = _ => false;
                return Command.NhVa(0, Asid, first << 12, leaf).WithRange(num, scale, 12, ttl: 2);
            default: covers = _ => true; return new Command((ulong)Opcode.TlbiNsnhAll, 0);
        }
    }

    private static byte[] Bytes(Command command) => [.. BitConverter.GetBytes(command.Word0), .. BitConverter.GetBytes(command.Word1)];

    private sealed class Guest
    {
        private readonly Smmuv3Machine _machine = Smmuv3Machine.Create(new() { DevicesPerSmmu = 1 });

        public Guest()
        {
            var driver = _machine.Drivers[0];
            var parent = driver.AllocPaging(_machine.Devices[0], HwptAllocFlags.NestParent).Value!;
            parent.Map(0, Ram, 1UL << 30, Access.ReadWrite);
            Viommu = driver.AllocViommu(_machine.Devices[0], parent).Value!;
            Viommu.AddVdevice(_machine.Devices[0], 1);
            Put(0x1000, (1UL << 31) | (1UL << 41) | ((ulong)Asid << 48) | 16 | (1UL << 30) | (5UL << 32));
            Put(0x1008, 0x2000);
            Put(0x2000, 0x3003);
            Put(0x3000, 0x4003);
            Put(0x4000, 0x5003);
            for (var page = 0UL; page < 512; page++) Put(0x5000 + page * 8, ((512 + page) << 12) | 0xC43);
            var nested = Viommu.AllocNested(Bytes(new Command(0x1000 | (5UL << 1) | 1, 0))).Value!;
            Plan.Run(driver.Attach(_machine.Devices[0], null, nested).Value!);
            Port = _machine.OpenPort(_machine.Devices[0]);
        }

        public IViommuDriver Viommu { get; }

        public Port Port { get; }

        public void DropTables()
        {
            for (var page = 0UL; page < 512; page++) Put(0x5000 + page * 8, 0);
        }

        private void Put(ulong ipa, ulong value) => _machine.Memory.Write64(Ram + ipa, value);
    }
}
