using Akka.Configuration;
using Iommu.Actors;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Replay;
using Iommu.Tests.Actors;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Replay.Actors;

/// <summary>
/// How many messages an uncontended control call takes until what it did is durable: at most three. The journal's own messages and
/// the hardware queue's are not the call's; the answer comes on top.
/// </summary>
public class HopTests
{
    private static readonly string[] Hops =
    [
        "FromProcess", "MapCopied", "Acquire", "Adopt", "Retire", "Journal", "AttachTo", "LinkVdevice", "UnlinkVdevice",
        "WithdrawDomain", "ReserveRegions",
        "CreateAccess", "JoinAccess", "AccessJoined", "UseAccess", "AccessUsed", "UnmapNotice", "UnmapNoticed", "Freeze", "Frozen",
        "PinRing", "RingPinned", "LinkQueue", "FreeQueue", "TrackDirty", "ReadDirty", .. CallNames(),
    ];

    [Fact]
    public async Task No_control_call_takes_more_than_three()
    {
        await using var iommu = await new SimulatorHarness(Deterministic(1)).OpenAsync();
        var hops = new SortedDictionary<string, int>();
        var files = new List<EventFile>();

        async Task<ObjectId> Count(string what, Call call)
        {
            var before = iommu.Replay.Trace.Count;
            var answer = await iommu.Call(call);
            Assert.Equal((what, Errno.None), (what, answer.Errno));
            hops[what] = iommu.Replay.Trace.Skip(before).Count(step => Hops.Contains(Type(step.Message)));
            if (answer is EventQueueAnswer { File: var file }) files.Add(file);
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
        var faults = await Count("FAULT_QUEUE_ALLOC", new FaultQueueAlloc());
        var faulting = await Count("HWPT_ALLOC with a fault queue", new HwptAlloc(
            device, ioas, HwptAllocFlags.FaultIdValid, FaultQueue: faults));
        var events = await Count("VEVENTQ_ALLOC", new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, 4));
        await Count("DESTROY with a fault queue", new Destroy(faulting));
        foreach (var file in files) file.Closed();
        await Count("DESTROY fault", new Destroy(faults));
        await Count("DESTROY veventq", new Destroy(events));
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

    [Fact]
    public async Task No_call_for_a_guest_takes_more_than_three_but_HW_QUEUE_ALLOC_whose_ring_is_pinned_first()
    {
        await using var iommu = await new GuestHarness(Deterministic(1)).OpenAsync();
        var hops = new SortedDictionary<string, int>();

        async Task<ObjectId> Count(string what, Call call)
        {
            var before = ReplaySystem.Of(iommu.System).Trace.Count;
            var id = await iommu.Id(call);
            hops[what] = ReplaySystem.Of(iommu.System).Trace.Skip(before).Count(step => Hops.Contains(Type(step.Message)));
            return id;
        }

        var (device, ioas, parent, viommu) = await iommu.Guest();
        var tracked = await iommu.Id(new HwptAlloc(device, ioas, HwptAllocFlags.DirtyTracking));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
        await Count("HWPT_SET_DIRTY_TRACKING", new HwptSetDirtyTracking(tracked, DirtyTrackingFlags.Enable));
        await Count("HWPT_GET_DIRTY_BITMAP", new HwptGetDirtyBitmap(tracked, DirtyBitmapFlags.None, 0x1000, 0x1000, 0x1000));
        var nested = await Count("HWPT_ALLOC nested on a parent", GuestHarness.NestedCall(device, parent));
        await Count("HWPT_INVALIDATE", new HwptInvalidate(nested, FakeIommu.InvalidateData, 16, 1, new byte[16]));
        await Count("mmap", new Mmap(4096, FakeViommu.RegionBytes));
        await Count("munmap", new Munmap(4096));
        var first = await Count("HW_QUEUE_ALLOC", GuestHarness.QueueCall(viommu, 0, 0x1000));
        var second = await Count("HW_QUEUE_ALLOC dependent", GuestHarness.QueueCall(viommu, 1, 0x1000));
        await Count("DESTROY hw queue dependent", new Destroy(second));
        await Count("DESTROY hw queue", new Destroy(first));

        Assert.Equal((4, 5), (hops["HW_QUEUE_ALLOC"], hops["HW_QUEUE_ALLOC dependent"]));
        Assert.All(hops.Where(call => !call.Key.StartsWith("HW_QUEUE_ALLOC")),
            call => Assert.True(call.Value is >= 1 and <= 3, $"{call.Key} takes {call.Value}"));
    }

    [Fact]
    public async Task No_call_on_an_ioas_or_through_an_access_takes_more_than_three_but_those_whose_owner_lets_go_first()
    {
        await using var iommu = await new SimulatorHarness(Deterministic(1)).OpenAsync();
        var hops = new SortedDictionary<string, int>();

        async Task<ObjectId> Count(string what, Call call, AccessOwner? owner = null)
        {
            var before = iommu.Replay.Trace.Count;
            var answer = owner is null ? await iommu.Call(call) : await owner.Call(call);
            Assert.Equal((what, Errno.None), (what, answer.Errno));
            hops[what] = iommu.Replay.Trace.Skip(before).Count(step => Hops.Contains(Type(step.Message)));
            return answer.Id;
        }

        var (ioas, other) = (await iommu.Ioas(), await iommu.Ioas());
        var file = iommu.Process.Files.Install(new DmaBuf(1, 0x8000_0000, 0x1000)).Value;
        await Count("IOAS_MAP_FILE", new IoasMapFile(
            ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable, file, 0, 0x1000, 0x5000));
        await Count("IOAS_COPY", new IoasCopy(other, ioas, IoasMapFlags.Readable, 0x1000, 0x5000));
        await Count("IOAS_ALLOW_IOVAS", new IoasAllowIovas(ioas, [new IovaRange(0, 0xffff_ffff)]));
        await Count("IOAS_IOVA_RANGES", new IoasIovaRanges(ioas, 8));
        await Count("OPTION HUGE_PAGES", new Option(OptionId.HugePages, OptionOp.Set, ioas));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0x5000, 0x1000));
        await iommu.Expect(Errno.None, new Destroy(other));
        await Count("IOAS_CHANGE_PROCESS with one IOAS", new IoasChangeProcess());
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x1000));
        other = await iommu.Ioas();
        var owner = new AccessOwner(iommu.System, iommu.Context);
        var access = await Count("access create", new AccessCreate(true), owner);
        await Count("access attach", new AccessAttach(access, ioas), owner);
        await Count("access pin", new AccessPin(access, 0x1000, 0x1000, false), owner);
        await Count("access read", new AccessRead(access, 0x1000, 4), owner);
        await Count("access write", new AccessWrite(access, 0x1000, new byte[4]), owner);
        await Count("access unpin", new AccessUnpin(access, 0x1000, 0x1000), owner);
        await Count("access replace", new AccessReplace(access, other), owner);
        await Count("access detach", new AccessDetach(access), owner);
        await Count("access destroy", new AccessDestroy(access), owner);

        Assert.Equal((6, 4), (hops["access replace"], hops["access detach"]));
        Assert.All(hops.Where(call => call.Key is not ("access replace" or "access detach")),
            call => Assert.True(call.Value is >= 1 and <= 3, $"{call.Key} takes {call.Value}"));
    }

    internal static Config Deterministic(long seed) => ConfigurationFactory.ParseString($$"""
        iommu.replay { mode = deterministic, seed = {{seed}}, trace = on }
        iommu.hardware.steps-per-turn = 1
        """).WithFallback(SimulatorConfig.None);

    private static IEnumerable<string> CallNames() =>
        typeof(Call).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Call))).Select(type => type.Name);

    private static string Type(string message) => new([.. message.TakeWhile(char.IsLetterOrDigit)]);
}
