using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Checkers.Smmuv3;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>
/// Real concurrency: one thread maps, unmaps and flushes while another translates. Each page leads to an address that
/// is never used again, and what was retired before a transaction started must not be reached by it.
/// </summary>
public class ParallelInvalidationTests
{
    private const int Edits = 40_000;
    private const int Pages = 16;

    [Theory]
    [InlineData(HwptAllocFlags.None, 0)]
    [InlineData(HwptAllocFlags.None, 1)]
    [InlineData(HwptAllocFlags.NestParent, 0)]
    public void Translations_on_another_thread_never_reach_what_was_flushed_before_they_started(HwptAllocFlags flags, int devicesWithAts)
    {
        StaleTranslation? checker = null;
        var machine = Smmuv3Machine.Create(new()
        {
            DevicesPerSmmu = 1,
            DevicesWithAts = devicesWithAts,
            DecorateQueue = (smmu, queue) => (checker = new StaleTranslation(smmu)).Watch(queue),
        });
        var device = machine.Devices[0];
        var domain = machine.Drivers[0].AllocPaging(device, flags).Value!;
        Plan.Run(machine.Drivers[0].Attach(device, null, domain).Value!);
        var devices = new DeviceThread(machine.OpenPort(device, checker!.CreateWitness("dma")));
        var thread = new Thread(devices.Run);
        thread.Start();
        try
        {
            Edit(domain, devices);
        }
        finally
        {
            devices.Stop();
            thread.Join();
        }
        Assert.True(devices.Wrong is null, devices.Wrong);
        Assert.Empty(checker.Breaches);
        Assert.True(devices.Succeeded > 1000, $"{devices.Succeeded} translations succeeded");
    }

    // The low part of an address is the number of the edit that mapped it, in pages.
    private static void Edit(IPagingDomain domain, DeviceThread devices)
    {
        for (var edit = 1; edit <= Edits; edit++)
        {
            var iova = (ulong)(edit % Pages) << 12;
            if (domain.Unmap(iova, 0x1000) != 0)
            {
                Plan.Run(domain.Flush(iova, 0x1000));
                devices.Retire(edit - Pages);
            }
            domain.Map(iova, (ulong)edit << 12, 0x1000, Access.Read);
        }
    }

    private sealed class DeviceThread(Port port)
    {
        private readonly int[] _retired = new int[Pages];
        private bool _stopped;

        public string? Wrong { get; private set; }

        public long Succeeded { get; private set; }

        public void Retire(int edit) => Volatile.Write(ref _retired[edit % Pages], edit);

        public void Stop() => Volatile.Write(ref _stopped, true);

        public void Run()
        {
            for (var i = 0; !Volatile.Read(ref _stopped) && Wrong is null; i++)
            {
                var page = i * 7 % Pages;
                var retired = Volatile.Read(ref _retired[page]);
                var result = port.Translate((ulong)page << 12, Access.Read);
                if (!result.Succeeded) continue;
                Succeeded++;
                if ((int)(result.Address >> 12) <= retired)
                    Wrong = $"page {page} reached mapping {result.Address >> 12}; {retired} was retired before";
            }
        }
    }
}
