using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;

namespace Iommu.Tests.Actors;

/// <summary>Every step of every creating call is made to fail, one after the other, and then leaves nothing (I12).</summary>
public class AbortTests
{
    /// <summary>What is done, and each step of it that can fail.</summary>
    public static readonly TheoryData<string, string> CreatingCalls = new()
    {
        { "ioas", "reserve id" },
        { "bind", "reserve id" },
        { "map", "allocate area" },
        { "hwpt", "build hwpt, fill hwpt, reserve range, pin pages, map in a domain, reserve id, journal" },
        { "viommu", "build viommu, reserve id, journal" },
        { "nested", "build nested hwpt, reserve id, journal" },
        { "vdevice", "build vdevice, reserve id, journal" },
        { "attach", "attach, reserve regions, reserve range, attach handle" },
        {
            "attach ioas", "build hwpt, fill hwpt, reserve range, pin pages, map in a domain, reserve id, "
            + "journal, attach, reserve regions, reserve range, attach handle"
        },
        { "attach a second device", "attach, reserve regions, reserve range" },
        { "attach pasid", "attach, attach handle" },
        { "attach nested", "attach, reserve regions, reserve range, attach handle" },
        { "replace", "attach, attach handle" },
        { "replace another ioas", "attach, reserve regions, reserve range, reserve range, attach handle" },
        { "replace by an ioas", "build hwpt, fill hwpt, reserve range, map in a domain, reserve id, journal, attach, attach handle" },
        { "replace nested", "attach, attach handle" },
        { "replace pasid", "attach, attach handle" },
        { "map in two domains", "allocate area, pin pages, map in a domain, map in a domain" },
        { "map a file", "allocate area, pin pages, map in a domain, map in a domain" },
        { "map a dma-buf", "allocate area, pin pages, map in a domain, map in a domain" },
        { "copy", "get pages, allocate area, pin pages, map in a domain, map in a domain" },
        { "copy to another ioas", "get pages, allocate area, pin pages, map in a domain" },
        { "allow", "allow ranges" },
        { "reserve", "reserve range" },
        { "access", "reserve id" },
        { "attach access", "add access" },
        { "replace access", "add access" },
        { "pin", "pin pages" },
        { "vfio group", "reserve id" },
        { "vfio map", "allocate area, pin pages, map in a domain, map in a domain" },
        { "cut", "cut area, cut area" },
    };

    private static readonly string[] IoasCalls =
    [
        "map in two domains", "map a file", "map a dma-buf", "copy", "copy to another ioas", "allow", "reserve", "access", "attach access",
        "replace access", "pin", "vfio group", "vfio map", "cut",
    ];

    [Theory]
    [MemberData(nameof(CreatingCalls))]
    public async Task A_creation_that_fails_at_any_step_leaves_the_state_as_it_was(string what, string expected)
    {
        var steps = new List<string>();
        for (var n = 1; ; n++)
        {
            var failures = new FailNth();
            await using var iommu = await new SimulatorHarness(more: Group).OpenAsync(failures: failures);
            iommu.First.HasPasids = true;
            iommu.First.RegionsOf = device => [new IovaRange(0xA000_0000 + (device.StreamId << 16), 0xA000_FFFF + (device.StreamId << 16))];
            var call = await Prepare(iommu, what);
            var before = await iommu.State();
            var findings = new Findings();
            var watch = iommu.Watch(findings);

            failures.Arm(n);
            var answer = await watch.CallAsync(call);
            if (failures.Failed is not { } step)
            {
                Assert.Equal(Errno.None, answer.Errno);
                Assert.Equal(expected, string.Join(", ", steps));
                return;
            }
            // What a device cannot reach is asked of it, and the kernel fails that so (iopt_table_enforce_dev_resv_regions).
            Assert.Equal((step, step == "reserve regions" ? Errno.EINVAL : Errno.ENOMEM), (step, answer.Errno));
            Assert.Empty(findings.All.SelectMany(found => found.Details.Prepend(found.What)));
            // A cut is a part of an unmap, of which the watch lets areas pass.
            Assert.Equal(before, await iommu.State());
            steps.Add(step);

            await iommu.Expect(Errno.None, call);
        }
    }

    [Fact]
    public async Task A_map_that_fails_half_way_is_flushed_before_its_pages_are_unpinned()
    {
        // A device may have seen the first half: its cached translation led to pages that were not the process's any more.
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var ioas = await iommu.Ioas();
        await iommu.NestParent(await iommu.Bind(), ioas);
        var before = (await iommu.State(), iommu.First.Queue.ConsumedTotal);
        iommu.First.UnmappableIova = 0x6000;
        await iommu.Expect(Errno.ENOMEM, SimulatorHarness.Fixed(ioas, 0x5000, pages: 3));
        Assert.Equal((before.Item1, before.ConsumedTotal + 1), (await iommu.State(), iommu.First.Queue.ConsumedTotal));
        iommu.First.UnmappableIova = null;
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x5000, pages: 3));
    }

    private static async Task<Call> Prepare(SimulatorHarness iommu, string what)
    {
        if (what == "bind") return new DeviceBind("first-dev0");
        var device = await iommu.Bind();
        if (IoasCalls.Contains(what)) return await PrepareIoas(iommu, what, device);
        if (what == "ioas") return new IoasAlloc();
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x5000, pages: 3));
        if (what == "map") return SimulatorHarness.Fixed(ioas, 0x100000);
        if (what == "hwpt") return new HwptAlloc(device, ioas, HwptAllocFlags.NestParent);
        if (what == "attach ioas") return new DeviceAttach(device, ioas);
        if (what.EndsWith("nested")) return await PrepareNested(iommu, what, device, ioas);
        if (what.StartsWith("attach a ") || what.StartsWith("replace")) return await PrepareGroup(iommu, what, ioas);
        var parent = await iommu.NestParent(device, ioas);
        if (what == "attach") return new DeviceAttach(device, parent);
        if (what == "attach pasid") return new DeviceAttach(device, await Pasid(iommu, device, ioas), Pasid: 5);
        if (what == "viommu") return new ViommuAlloc(device, parent, ViommuType.ArmSmmuv3);
        var viommu = await iommu.Viommu(device, parent);
        return new VdeviceAlloc(viommu, device, 5);
    }

    private static async Task<Call> PrepareNested(SimulatorHarness iommu, string what, ObjectId device, ObjectId ioas)
    {
        var parent = await iommu.NestParent(device, ioas);
        var viommu = await iommu.Viommu(device, parent);
        if (what == "nested") return SimulatorHarness.NestedCall(device, viommu);
        await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        if (what == "replace nested") await iommu.Expect(Errno.None, new DeviceAttach(device, parent));
        return new DeviceAttach(device, await iommu.Nested(device, viommu));
    }

    private static async Task<Call> PrepareIoas(SimulatorHarness iommu, string what, ObjectId device)
    {
        var (ioas, other) = (await iommu.Ioas(), await iommu.Ioas());
        if (what == "cut") await iommu.Expect(Errno.None, new Option(OptionId.HugePages, OptionOp.Set, ioas));
        await iommu.NestParent(device, ioas);
        await iommu.NestParent(device, ioas);
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x5000, pages: 3));
        const IoasMapFlags flags = IoasMapFlags.FixedIova | IoasMapFlags.Readable;
        switch (what)
        {
            case "map in two domains": return SimulatorHarness.Fixed(ioas, 0x10_0000);
            case "map a file":
                var memory = new PhysicalMemory();
                var file = MemoryFile.Create(1, memory, new FrameAllocator(memory, 0x10_0000, 16), 0x4000).Value!;
                return new IoasMapFile(ioas, flags, iommu.Process.Files.Install(file).Value, 0x1000, 0x2000, 0x10_0000);
            case "map a dma-buf":
                var buffer = new DmaBuf(1, 0x10_0000, 0x4000);
                return new IoasMapFile(ioas, flags, iommu.Process.Files.Install(buffer).Value, 0x1000, 0x2000, 0x10_0000);
            case "copy": return new IoasCopy(ioas, ioas, flags, 0x2000, 0x6000, 0x10_0000);
            case "copy to another ioas":
                await iommu.NestParent(device, other);
                return new IoasCopy(other, ioas, flags, 0x2000, 0x6000, 0x10_0000);
            case "allow": return new IoasAllowIovas(other, [new IovaRange(0x1000, 0x1fff)]);
            case "reserve": return new IoasReserve(other, 0x1000, 0x1000);
            case "access": return new AccessCreate(true);
            case "vfio group": return new VfioAttachGroup();
            case "vfio map":
                await iommu.Expect(Errno.None, new VfioIoas(VfioIoasOp.Set, ioas));
                return new VfioMapDma(Read: true, Write: true, 1 << 20, 0x10_0000, 0x2000);
            case "cut":
                await iommu.Expect(Errno.None, new VfioIoas(VfioIoasOp.Set, ioas));
                return new VfioUnmapDma(0x6000, 0x1000);
        }
        var access = await iommu.Id(new AccessCreate(true));
        if (what == "attach access") return new AccessAttach(access, ioas);
        await iommu.Expect(Errno.None, new AccessAttach(access, ioas));
        return what == "replace access" ? new AccessReplace(access, other) : new AccessPin(access, 0x6000, 0x2000, Write: true);
    }

    /// <summary>Two devices of one group, the first attached, or both of them.</summary>
    private static async Task<Call> PrepareGroup(SimulatorHarness iommu, string what, ObjectId ioas)
    {
        var devices = new[] { await iommu.Bind("one"), await iommu.Bind("other") };
        var hwpt = await Pasid(iommu, devices[0], ioas);
        var pasid = what == "replace pasid" ? 5u : 0;
        await iommu.Expect(Errno.None, new DeviceAttach(devices[0], hwpt, pasid));
        if (what == "attach a second device") return new DeviceAttach(devices[1], hwpt);
        await iommu.Expect(Errno.None, new DeviceAttach(devices[1], hwpt, pasid));
        var next = what switch
        {
            "replace by an ioas" => ioas,
            "replace another ioas" => await Pasid(iommu, devices[0], await iommu.Ioas()),
            _ => await Pasid(iommu, devices[0], ioas),
        };
        return new DeviceAttach(devices[1], next, pasid);
    }

    private static Task<ObjectId> Pasid(SimulatorHarness iommu, ObjectId device, ObjectId ioas) =>
        iommu.Id(new HwptAlloc(device, ioas, HwptAllocFlags.Pasid));

    private static IEnumerable<PhysicalDevice> Group(SimulatorHarness iommu)
    {
        var group = new IommuGroup("group");
        return [new("one", 8, iommu.First) { Group = group }, new("other", 9, iommu.First) { Group = group }];
    }
}
