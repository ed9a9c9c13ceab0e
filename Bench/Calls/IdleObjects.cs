using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Bench.Calls;

/// <summary>Memory of an idle object when there are 100,000 of them: actor, counts, table entry, graph node, hardware object.</summary>
public static class IdleObjects
{
    private const int Objects = 100_000;
    private const int AtOnce = 64;

    public static async Task Run()
    {
        await Report("an idle IOAS (a persistent actor)", _ => new IoasAlloc());
        await Report("an idle nested HWPT", guest =>
            new HwptAlloc(guest.Device, guest.Viommu, DataType: HwptDataType.ArmSmmuv3, Data: GuestEntry));
    }

    /// <summary>A stream table entry with a first stage whose context descriptor is at IPA 0x1000.</summary>
    private static byte[] GuestEntry
    {
        get
        {
            var entry = new byte[16];
            BitConverter.TryWriteBytes(entry, 0x1000UL | (5UL << 1) | 1);
            return entry;
        }
    }

    private static async Task Report(string what, Func<BenchGuest, Call> create)
    {
        await using var guest = await BenchGuest.Create();
        await Create(guest, create, 1000);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await Create(guest, create, Objects);
        var after = GC.GetTotalMemory(forceFullCollection: true);
        Measure.Print(what + $", of {Objects:N0}", (double)(after - before) / Objects, "bytes (target: under 4,096)");
    }

    private static Task Create(BenchGuest guest, Func<BenchGuest, Call> create, int count) =>
        Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            await Task.Yield();
            for (var i = 0; i < count / AtOnce; i++) await guest.Id(create(guest));
        }));
}
