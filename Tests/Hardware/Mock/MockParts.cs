using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Mock;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Mock;

/// <summary>A mock IOMMU on memory of its own, and its user data by field.</summary>
internal sealed class MockParts
{
    public MockParts()
    {
        Frames = new FrameAllocator(Memory, 1UL << 32, 1 << 20);
        Iommu = new MockIommu(Machine, Memory, Frames);
    }

    public PhysicalMemory Memory { get; } = new();

    public FrameAllocator Frames { get; }

    public Machine Machine { get; } = new([], []);

    public MockIommu Iommu { get; }

    public PhysicalDevice Device(MockDeviceFlags flags = MockDeviceFlags.None) => Iommu.Plug(flags).Value!;

    public MockPagingDomain Paging(PhysicalDevice device, HwptAllocFlags flags = HwptAllocFlags.None, uint? table = null)
    {
        var data = table is { } kind ? new UserData(HwptDataType.Selftest, Words(0, kind)) : default;
        return (MockPagingDomain)Iommu.AllocPaging(device, flags, data).Value!;
    }

    public MockViommu Viommu(PhysicalDevice device, IPagingDomain parent, UserData? data = null, IViommuServices? services = null) =>
        (MockViommu)Iommu.AllocViommu(
            device, parent, data ?? new UserData(ViommuType.Selftest), services ?? new RecordedServices()).Value!;

    /// <summary>Attaches; the errno.</summary>
    public Errno Attach(PhysicalDevice device, IDomain? from, IDomain? to)
    {
        var plan = Iommu.Attach(device, from, to);
        if (!plan.Failed) Plan.Run(plan.Value!);
        return plan.Errno;
    }

    public Errno AttachPasid(PhysicalDevice device, uint pasid, IDomain? from, IDomain? to)
    {
        var plan = Iommu.AttachPasid(device, pasid, from, to);
        if (!plan.Failed) Plan.Run(plan.Value!);
        return plan.Errno;
    }

    public static byte[] Words(params uint[] words) => [.. words.SelectMany(BitConverter.GetBytes)];

    /// <summary>What a driver asked of the core.</summary>
    internal sealed class RecordedServices : IViommuServices
    {
        public Dictionary<ulong, (ulong Physical, ulong Length)> Regions { get; } = [];

        public Errno Refusal { get; set; }

        public Result<ulong> AllocMmap(ulong physical, ulong lengthBytes)
        {
            if (Refusal != Errno.None) return Refusal;
            var offset = (ulong)(Regions.Count + 1) << 20;
            Regions.Add(offset, (physical, lengthBytes));
            return offset;
        }

        public void FreeMmap(ulong offset) => Assert.True(Regions.Remove(offset));

        public void ReportEvent(VeventqType type, ReadOnlyMemory<byte> data) => Assert.Fail("no event was asked for");
    }
}
