using Iommu.Hardware;
using Iommu.Hardware.Memory;
using RiscvIommu;
using RiscvIommu.Formats;

namespace Iommu.Tests.Samples.Riscv;

/// <summary>The sample's walks against a reference, on random tables with mistakes in them: same output, same fault.</summary>
public class RiscvWalkTests
{
    private const ulong Tables = 0x1000_0000;
    private const int TablePages = 64;
    private const uint DeviceId = 8;

    [Theory]
    [InlineData(3, false)]
    [InlineData(4, false)]
    [InlineData(0, true)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public void A_walk_agrees_with_the_reference(int firstLevels, bool hasSecond)
    {
        var succeeded = 0;
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var memory = new PhysicalMemory();
            Fill(memory, random);
            var unit = new RiscvUnit("unit", memory, 10);
            var first = firstLevels == 0 ? null : new ReferenceWalker.Stage(Table(random, 1), firstLevels);
            var second = hasSecond ? new ReferenceWalker.Stage(firstLevels == 0 ? Table(random, 4) : FillSecond(memory, random), 3) : null;
            Install(unit, memory, first, second);
            var reference = new ReferenceWalker(memory, first, second);
            var port = unit.OpenPort(DeviceId);
            for (var i = 0; i < 60; i++)
            {
                var (address, write) = (Address(random), random.Next(2) == 0);
                var result = port.Translate(address, write ? Access.Write : Access.Read);
                var expected = reference.Translate(address, write);
                Assert.True((result.Address, (int)result.Cause) == expected, $"seed {seed}, 0x{address:x}, write {write}: "
                    + $"0x{result.Address:x} {result.Cause}, and not 0x{expected.Address:x} {expected.Cause}");
                if (result.Succeeded) succeeded++;
            }
        }
        Assert.True(succeeded > 100, $"only {succeeded} translations succeeded");
    }

    // Every table leads to tables and pages among the same few, with one entry in sixteen damaged in some bits.
    private static void Fill(PhysicalMemory memory, Random random)
    {
        for (var address = Tables; address < Tables + TablePages * 0x1000; address += 8)
        {
            var page = (ulong)random.Next(TablePages);
            var entry = random.Next(8) switch
            {
                0 => 0UL,
                < 6 => Pte.Table(Tables + page * 0x1000),
                6 => Pte.Leaf(random.Next(3) switch { 0 => 0, 1 => page << 21, _ => page << 30 }, Access.ReadWrite, clean: false),
                _ => Pte.Leaf(Tables + page * 0x1000, random.Next(2) == 0 ? Access.Read : Access.ReadWrite, clean: random.Next(4) == 0),
            };
            if (random.Next(16) == 0) entry ^= 1UL << random.Next(64);
            memory.Write64(address, entry);
        }
    }

    // The tables of the first stage are where they say, and most of what they lead to; the rest as random as they are.
    private static ulong FillSecond(PhysicalMemory memory, Random random)
    {
        const ulong root = 0x3000_0000;
        for (var index = 0UL; index < 2048; index++)
        {
            var identity = Pte.Leaf(index << 30, random.Next(4) == 0 ? Access.Read : Access.ReadWrite, clean: false);
            memory.Write64(root + index * 8, index == 0 ? Pte.Leaf(0, Access.ReadWrite, clean: false) : random.Next(8) switch
            {
                0 => 0,
                1 => Pte.Table(Table(random, 1)),
                2 => identity ^ (1UL << random.Next(64)),
                _ => identity,
            });
        }
        return root;
    }

    private static ulong Table(Random random, int pages) => Tables + (ulong)(random.Next(TablePages / pages) * pages) * 0x1000;

    // Small ones, some of each stage's width, and some that are in nobody's.
    private static ulong Address(Random random) => random.Next(8) switch
    {
        0 => (ulong)random.NextInt64(),
        1 => ~(ulong)random.NextInt64(1L << 38),
        _ => (ulong)random.NextInt64(1L << random.Next(30, 48)),
    };

    private static void Install(RiscvUnit unit, PhysicalMemory memory, ReferenceWalker.Stage? first, ReferenceWalker.Stage? second)
    {
        const ulong directory = 0x2000_0000;
        unit.Registers.DirectoryPointer = (directory >> 12 << 10) | (ulong)DirectoryMode.OneLevel;
        var context = directory + DeviceId * DeviceContext.Bytes;
        memory.Write64(context + 8, second is null ? 0 : DeviceContext.Second(5, second.Root));
        memory.Write64(context + 16, DeviceContext.Attributes(3));
        memory.Write64(context + 24, first is null ? 0
            : DeviceContext.First(first.Levels == 4 ? DeviceContext.Sv48 : DeviceContext.Sv39, first.Root));
        memory.Write64(context, DeviceContext.Valid);
    }
}
