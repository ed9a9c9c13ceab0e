using Akka.Actor;
using Iommu.Bench.Actors;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Bench.Calls;

/// <summary>Control calls one at a time and 64 at once, beside the runtime's bare Ask in the same run. No journal.</summary>
public static class ControlCalls
{
    private const int Calls = 40_000;
    private const ulong PageBytes = 4096;

    public static async Task Run()
    {
        await using var guest = await BenchGuest.Create();
        var echo = guest.System.ActorOf(Props.Create(() => new EchoActor()));
        var ioas = await guest.Id(new IoasAlloc());
        var memory = guest.Memory.Allocate(PageBytes).Value;

        await Both("bare Ask", (_, _) => echo.Ask<Item>(new Item()));
        await Both("IOAS_MAP, then IOAS_UNMAP", async (client, _) =>
        {
            var iova = (ulong)(client + 1) << 20;
            await guest.Id(new IoasMap(ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable, memory, PageBytes, iova));
            await guest.Id(new IoasUnmap(ioas, iova, PageBytes));
        }, callsEach: 2);
        await Both("IOAS_ALLOC, then DESTROY", async (_, _) => await guest.Id(new Destroy(await guest.Id(new IoasAlloc()))), callsEach: 2);
        await Both("VIOMMU_ALLOC, then DESTROY", async (_, _) =>
            await guest.Id(new Destroy(await guest.Id(new ViommuAlloc(guest.Device, guest.Parent, ViommuType.ArmSmmuv3)))), callsEach: 2);
    }

    private static async Task Both(string what, Func<int, int, Task> operation, int callsEach = 1)
    {
        foreach (var clients in new[] { 1, 64 })
            await Measure.Rate($"{what}, {clients} at a time", Calls, calls =>
                Task.WhenAll(Enumerable.Range(0, clients).Select(async client =>
                {
                    await Task.Yield();
                    for (var i = 0; i < calls / clients / callsEach; i++) await operation(client, i);
                })));
    }
}
