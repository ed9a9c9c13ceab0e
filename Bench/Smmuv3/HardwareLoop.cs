using System.Runtime.InteropServices;
using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Checkers.Smmuv3;

namespace Iommu.Bench.Smmuv3;

/// <summary>
/// The hardware in a plain loop without actors, the speed of light for the rest: guest invalidation arrays from
/// conversion to CMD_SYNC, translations that hit the TLB, and both at once on two threads.
/// </summary>
public static class HardwareLoop
{
    private const int ArrayEntries = 64;
    private const int Rounds = 7;
    private static readonly TimeSpan RoundLength = TimeSpan.FromSeconds(1);

    public static Task Run()
    {
        Report("invalidations, arrays of 64", "commands/s", () => new Rig().Invalidate());
        Report("translations, TLB hits", "translations/s", () => new Rig().Translate());
        ReportBoth("both at once", watched: false);
        ReportBoth("both at once, checked (I8)", watched: true);
        return Task.CompletedTask;
    }

    private static void Report(string what, string unit, Func<double> round)
    {
        var rates = Enumerable.Range(0, Rounds).Select(_ => round()).Order().ToArray();
        var range = $"{rates[0] / 1e6:f2} to {rates[^1] / 1e6:f2}";
        Console.WriteLine($"{what,-32} {rates[Rounds / 2] / 1e6,8:f2} M {unit} of CPU time (median of {Rounds}, {range})");
    }

    private static void ReportBoth(string what, bool watched)
    {
        var commands = new double[Rounds];
        var translations = new double[Rounds];
        for (var i = 0; i < Rounds; i++)
        {
            var rig = new Rig(watched);
            var thread = new Thread(() => translations[i] = rig.Translate());
            thread.Start();
            commands[i] = rig.Invalidate();
            thread.Join();
        }
        Array.Sort(commands);
        Array.Sort(translations);
        Console.WriteLine(
            $"{what,-32} {commands[Rounds / 2] / 1e6,8:f2} M commands/s with {translations[Rounds / 2] / 1e6:f2} M translations/s " +
            $"of CPU time each (medians of {Rounds})");
    }

    private sealed class Rig
    {
        private const int Pages = 256;

        private readonly Port _port;
        private readonly IViommuDriver _viommu;
        private readonly Command[] _array = new Command[ArrayEntries];

        public Rig(bool watched = false)
        {
            StaleTranslation? checker = null;
            var machine = Smmuv3Machine.Create(new()
            {
                DecorateQueue = (smmu, queue) => watched ? (checker = new StaleTranslation(smmu)).Watch(queue) : queue,
            });
            var driver = machine.Drivers[0];
            var device = machine.Devices[0];
            var parent = driver.AllocPaging(device, HwptAllocFlags.NestParent).Value!;
            parent.Map(0, 1UL << 40, 1UL << 30, Access.ReadWrite);
            _viommu = driver.AllocViommu(device, parent, new(ViommuType.ArmSmmuv3), NoViommuServices.Instance).Value!;
            _viommu.AddVdevice(device, 1);
            WriteGuestTables(machine, 1UL << 40);
            var entry = new byte[16];
            BitConverter.TryWriteBytes(entry, 0x1000UL | (5UL << 1) | 1);
            var nested = _viommu.AllocNested(HwptAllocFlags.None, new(HwptDataType.ArmSmmuv3, entry)).Value!;
            Plan.Run(driver.Attach(device, null, nested).Value!);
            _port = machine.OpenPort(device, checker?.CreateWitness("port"));
            for (var page = 0UL; page < Pages; page++)
                TranslatePage(page);
            // Pages that the translations do not use: what is measured is the work, not refills.
            for (var i = 0; i < ArrayEntries; i++) _array[i] = Command.NhVa(0, 5, (ulong)(Pages + i) << 12, leaf: true);
        }

        public double Invalidate()
        {
            var bytes = MemoryMarshal.AsBytes(_array.AsSpan());
            var clock = new CpuClock();
            var commands = 0L;
            while (clock.WallElapsed < RoundLength)
            {
                for (var i = 0; i < 64; i++, commands += ArrayEntries)
                    Plan.Run(_viommu.Invalidate(InvalidateDataType.ArmSmmuv3, bytes, 16, ArrayEntries).Batch!);
            }
            return commands / clock.CpuSeconds;
        }

        public double Translate()
        {
            var clock = new CpuClock();
            var translations = 0L;
            while (clock.WallElapsed < RoundLength)
            {
                for (var i = 0; i < 4096; i++, translations++)
                    TranslatePage((ulong)(i & (Pages - 1)));
            }
            return translations / clock.CpuSeconds;
        }

        private void TranslatePage(ulong page)
        {
            var result = _port.Translate(page << 12, Access.Read);
            if (!result.Succeeded) throw new InvalidOperationException($"page {page} does not translate: {result.Event}");
        }

        // A context descriptor at IPA 0x1000 and tables from 0x2000: 512 pages from VA 0, at the same IPA from 2 MiB.
        private static void WriteGuestTables(Smmuv3Machine machine, ulong ram)
        {
            void Put(ulong ipa, ulong value) => machine.Memory.Write64(ram + ipa, value);
            Put(0x1000, (1UL << 31) | (1UL << 41) | (5UL << 48) | 16 | (1UL << 30) | (5UL << 32) | (1UL << 45));
            Put(0x1008, 0x2000);
            Put(0x2000, 0x3003);
            Put(0x3000, 0x4003);
            Put(0x4000, 0x5003);
            for (var page = 0UL; page < 512; page++) Put(0x5000 + page * 8, ((512 + page) << 12) | 0xC43);
        }
    }
}
