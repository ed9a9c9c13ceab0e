using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Uapi;

/// <summary>What tests of the binary form make on the mock.</summary>
internal static class MockUapiCalls
{
    public const IoasMapFlags Rights = IoasMapFlags.Readable | IoasMapFlags.Writeable;

    public static async Task<uint> NestParent(MockUapiHarness uapi, uint ioas, uint device)
    {
        var call = new IommuHwptAlloc { DevId = device, PtId = ioas, Flags = HwptAllocFlags.NestParent };
        return (await uapi.Succeed(Ioctl.HwptAlloc, call)).OutHwptId;
    }

    /// <summary>The call for a vIOMMU, with struct iommu_viommu_selftest where arrays are.</summary>
    public static async Task<IommuViommuAlloc> ViommuCall(MockUapiHarness uapi, uint ioas, uint device) => new()
    {
        Size = 40,
        Type = ViommuType.Selftest,
        DevId = device,
        HwptId = await NestParent(uapi, ioas, device),
        DataLen = 24,
        DataUptr = uapi.Arrays,
    };

    public static async Task<uint> Viommu(MockUapiHarness uapi, uint ioas, uint device) =>
        (await uapi.Succeed(Ioctl.ViommuAlloc, await ViommuCall(uapi, ioas, device))).OutViommuId;

    /// <summary>The call for a queue of one page, which is mapped.</summary>
    public static async Task<IommuHwQueueAlloc> HwQueueCall(MockUapiHarness uapi, uint ioas, uint device)
    {
        var viommu = await Viommu(uapi, ioas, device);
        await Map(uapi, ioas, MockHarness.Aperture, 0x1000);
        return new IommuHwQueueAlloc
        {
            Size = 40,
            ViommuId = viommu,
            Type = HwQueueType.Selftest,
            NestingParentIova = MockHarness.Aperture,
            Length = 0x1000,
        };
    }

    /// <summary>Maps the memory that arrays are in.</summary>
    public static Task<IommuIoasMap> Map(MockUapiHarness uapi, uint ioas, ulong iova, ulong length) => uapi.Succeed(
        Ioctl.IoasMap, new IommuIoasMap
        {
            IoasId = ioas,
            Flags = Rights | IoasMapFlags.FixedIova,
            UserVa = uapi.Arrays,
            Length = length,
            Iova = iova,
        });
}
