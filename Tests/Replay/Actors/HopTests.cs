using Akka.Configuration;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Replay;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Replay.Actors;

/// <summary>
/// How many messages an uncontended control call takes until what it did is durable: at most three. The journal's own messages and
/// the hardware queue's are not the call's; the answer comes on top.
/// </summary>
public class HopTests
{
    private static readonly string[] Hops =
        ["Acquire", "Adopt", "Retire", "Journal", "AttachTo", "LinkVdevice", "WithdrawDomain", "ReserveRegions", .. CallNames()];

    [Fact]
    public async Task No_control_call_takes_more_than_three()
    {
        await using var iommu = await new SimulatorHarness(Deterministic(1)).OpenAsync();
        var hops = new SortedDictionary<string, int>();

        async Task<ObjectId> Count(string what, Call call)
        {
            var before = iommu.Replay.Trace.Count;
            var answer = await iommu.Call(call);
            Assert.Equal((what, Errno.None), (what, answer.Errno));
            hops[what] = iommu.Replay.Trace.Skip(before).Count(step => Hops.Contains(Type(step.Message)));
            return answer.Id;
        }

        var device = await Count("bind", new DeviceBind("first-dev0"));
        var ioas = await Count("IOAS_ALLOC", new IoasAlloc());
        await Count("IOAS_MAP", SimulatorHarness.Fixed(ioas, 0x1000));
        var parent = await Count("HWPT_ALLOC paging", new HwptAlloc(device, ioas, HwptAllocFlags.NestParent));
        await Count("IOAS_UNMAP", new IoasUnmap(ioas, 0x1000, 0x1000));
        var viommu = await Count("VIOMMU_ALLOC", new ViommuAlloc(device, parent, ViommuType.ArmSmmuv3));
        var vdevice = await Count("VDEVICE_ALLOC", new VdeviceAlloc(viommu, device, 5));
        var nested = await Count("HWPT_ALLOC nested", SimulatorHarness.NestedCall(device, viommu));
        await Count("attach", new DeviceAttach(device, nested));
        await Count("detach, of a device with regions", new DeviceDetach(device));
        iommu.First.RegionsOf = _ => [new IovaRange(0x10_0000, 0x1f_ffff)];
        var reserves = await Count("attach, of a device with regions", new DeviceAttach(device, nested));
        hops.Remove("attach, of a device with regions", out var withRegions);
        Assert.Equal((nested, 4), (reserves, withRegions));
        await Count("replace", new DeviceAttach(device, parent));
        await Count("HWPT_INVALIDATE", new HwptInvalidate(viommu, InvalidateDataType.ArmSmmuv3, 16, 1, new byte[16]));
        await Count("detach", new DeviceDetach(device));
        await Count("DESTROY nested", new Destroy(nested));
        await Count("DESTROY vdevice", new Destroy(vdevice));
        await Count("DESTROY viommu", new Destroy(viommu));
        await Count("DESTROY paging", new Destroy(parent));
        await Count("DESTROY ioas", new Destroy(ioas));
        await Count("unbind", new DeviceUnbind(device));

        Assert.All(hops, call => Assert.True(call.Value is >= 1 and <= 3, $"{call.Key} takes {call.Value}"));
    }

    internal static Config Deterministic(long seed) => ConfigurationFactory.ParseString($$"""
        iommu.replay { mode = deterministic, seed = {{seed}}, trace = on }
        iommu.hardware.steps-per-turn = 1
        """).WithFallback(SimulatorConfig.None);

    private static IEnumerable<string> CallNames() =>
        typeof(Call).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Call))).Select(type => type.Name);

    private static string Type(string message) => new([.. message.TakeWhile(char.IsLetterOrDigit)]);
}
