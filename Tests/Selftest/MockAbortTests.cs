using Iommu.Hardware.Mock;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Selftest;

/// <summary>
/// Every step of every sub-operation that makes, attaches or pins something, and of the calls that only the mock makes different, is made
/// to fail, one after the other, and then leaves nothing (I12).
/// </summary>
public class MockAbortTests
{
    private const ulong Page = 4096;
    private const uint Pasid = 100;

    /// <summary>What is done, and each step of it that can fail.</summary>
    public static readonly TheoryData<string, string> CreatingCalls = new()
    {
        {
            "MOCK_DOMAIN", "reserve id, plug device, reserve id, build hwpt, fill hwpt, reserve range, reserve range, pin pages, "
            + "map in a domain, reserve id, journal, attach, reserve regions, attach handle, journal"
        },
        { "MOCK_DOMAIN on an HWPT", "reserve id, plug device, reserve id, attach, reserve regions, attach handle, journal" },
        { "MOCK_DOMAIN_REPLACE", "attach, attach handle" },
        {
            "MOCK_DOMAIN_REPLACE by an IOAS", "build hwpt, fill hwpt, reserve range, reserve range, reserve id, "
            + "journal, attach, reserve regions, attach handle"
        },
        { "PASID_ATTACH", "attach, attach handle" },
        { "PASID_REPLACE", "attach, attach handle" },
        { "CREATE_ACCESS", "open access file, reserve id, add access" },
        { "ACCESS_PAGES", "pin pages, record pinned range" },
        { "ACCESS_REPLACE_IOAS", "add access" },
        { "ADD_RESERVED", "reserve range" },
        { "DMABUF_GET", "allocate dma-buf" },
        { "IOAS_MAP_FILE", "allocate area, pin pages, map in a domain" },
        { "VIOMMU_ALLOC", "build viommu, alloc mmap, reserve id, journal" },
        { "HW_QUEUE_ALLOC", "build hw queue, pin ring, add access, pin pages, init hw queue, reserve id, journal" },
    };

    [Theory]
    [MemberData(nameof(CreatingCalls))]
    public async Task A_creation_that_fails_at_any_step_leaves_the_state_as_it_was(string what, string expected)
    {
        var steps = new List<string>();
        for (var n = 1; ; n++)
        {
            await using var iommu = await new MockHarness().OpenAsync();
            var call = await Prepare(iommu, what);
            var findings = new Findings();
            var watch = iommu.Watch(findings);

            iommu.Failures.Arm(n);
            var answer = await watch.CallAsync(call);
            if (iommu.Failures.Failed is not { } step)
            {
                Assert.Equal(Errno.None, answer.Errno);
                Assert.Equal(expected, string.Join(", ", steps));
                return;
            }
            // What a device cannot reach is asked of it, and the kernel fails that so (iopt_table_enforce_dev_resv_regions).
            Assert.Equal((step, step == "reserve regions" ? Errno.EINVAL : Errno.ENOMEM), (step, answer.Errno));
            Assert.Empty(findings.All.SelectMany(found => found.Details.Prepend(found.What)));
            steps.Add(step);

            await iommu.Expect(Errno.None, call);
        }
    }

    private static async Task<Call> Prepare(MockHarness iommu, string what)
    {
        var ioas = await iommu.Ioas();
        var memory = iommu.Allocate(2);
        await iommu.Map(ioas, memory, pages: 2);
        switch (what)
        {
            case "MOCK_DOMAIN": return new MockDomain(ioas);
            case "CREATE_ACCESS": return new MockAccessCreate(ioas, MockAccessCreateFlags.NeedsPinPages);
            case "ADD_RESERVED": return new MockAddReserved(ioas, 8 * MockHarness.Aperture, Page);
            case "DMABUF_GET": return new MockDmabufGet(2 * (uint)Page);
            case "ACCESS_PAGES" or "ACCESS_REPLACE_IOAS":
                var file = (int)await iommu.Value(new MockAccessCreate(ioas, MockAccessCreateFlags.NeedsPinPages));
                return what == "ACCESS_PAGES"
                    ? new MockAccessPages(file, MockHarness.Aperture, 2 * Page, memory, MockAccessFlags.Write)
                    : new MockAccessReplaceIoas(file, await iommu.Ioas());
            default: return await PrepareOnDevice(iommu, what, ioas);
        }
    }

    private static async Task<Call> PrepareOnDevice(MockHarness iommu, string what, ObjectId ioas)
    {
        var made = await iommu.Answer<MockDomainAnswer>(new MockDomain(ioas, (uint)MockDeviceFlags.Pasid));
        var hwpt = await iommu.Hwpt(made.Device, ioas, HwptAllocFlags.Pasid);
        await iommu.Value(new MockDomainReplace(made.Selftest, hwpt));
        switch (what)
        {
            case "MOCK_DOMAIN on an HWPT": return new MockDomain(hwpt);
            case "MOCK_DOMAIN_REPLACE": return new MockDomainReplace(made.Selftest, await iommu.Hwpt(made.Device, ioas));
            case "MOCK_DOMAIN_REPLACE by an IOAS": return new MockDomainReplace(made.Selftest, await iommu.Ioas());
            case "PASID_ATTACH": return new MockPasidAttach(made.Selftest, Pasid, hwpt);
            case "PASID_REPLACE":
                await iommu.Value(new MockPasidAttach(made.Selftest, Pasid, hwpt));
                return new MockPasidReplace(made.Selftest, Pasid, await iommu.Hwpt(made.Device, ioas, HwptAllocFlags.Pasid));
            case "IOAS_MAP_FILE":
                var buffer = (int)await iommu.Value(new MockDmabufGet(2 * (uint)Page));
                return new IoasMapFile(ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable, buffer, 0, 2 * Page, 2 * MockHarness.Aperture);
        }
        var parent = await iommu.NestParent(made.Device, ioas);
        if (what == "VIOMMU_ALLOC") return new ViommuAlloc(made.Device, parent, ViommuType.Selftest, 0, new byte[24]);
        var viommu = await iommu.Viommu(made.Device, parent);
        await iommu.Id(Queue(0));
        return Queue(1);

        HwQueueAlloc Queue(uint index) => new(viommu, HwQueueType.Selftest, index, MockHarness.Aperture, Page);
    }
}
