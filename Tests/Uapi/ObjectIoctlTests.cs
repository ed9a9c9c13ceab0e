using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Uapi;

/// <summary>The ioctls that make and destroy objects, in their binary form.</summary>
public class ObjectIoctlTests
{
    private const HwptDataType NestedData = TrivialIommu.NestedData;

    [Fact]
    public async Task IOAS_ALLOC_writes_the_id_and_DESTROY_takes_it()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var made = await uapi.Succeed(Ioctl.IoasAlloc, new IommuIoasAlloc());
        Assert.Equal((12u, 1u), (made.Size, made.OutIoasId));
        await uapi.Expect(Errno.None, Ioctl.Destroy, new IommuDestroy { Id = made.OutIoasId });
        await uapi.Expect(Errno.ENOENT, Ioctl.Destroy, new IommuDestroy { Id = made.OutIoasId });
    }

    [Fact]
    public async Task A_call_that_fails_writes_nothing()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var (errno, after) = await uapi.Call(Ioctl.VdeviceAlloc, new IommuVdeviceAlloc { ViommuId = 9, OutVdeviceId = 0x1234 });
        Assert.Equal((Errno.ENOENT, 0x1234u), (errno, after.OutVdeviceId));
    }

    [Fact]
    public async Task HWPT_ALLOC_reads_the_data_and_writes_the_id()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var (device, viommu) = await Viommu(uapi);
        uapi.Write(uapi.Arrays, new byte[16]);
        var nested = await uapi.Succeed(Ioctl.HwptAlloc, Nested(uapi, device, viommu));
        Assert.NotEqual(0u, nested.OutHwptId);
        Assert.Equal(ObjectType.HwptNested, uapi.Iommu.Context.Table.Find(new ObjectId(nested.OutHwptId))!.Type);
    }

    [Fact]
    public async Task HWPT_ALLOC_answers_EINVAL_for_data_without_a_type_and_a_type_without_data()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        await uapi.Expect(Errno.EINVAL, Ioctl.HwptAlloc, new IommuHwptAlloc { DataLen = 16, DataUptr = uapi.Arrays });
        await uapi.Expect(Errno.EINVAL, Ioctl.HwptAlloc, new IommuHwptAlloc { DataType = NestedData });
    }

    [Fact]
    public async Task HWPT_ALLOC_answers_EFAULT_for_data_that_cannot_be_read_only_when_the_driver_reads_it()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var (device, viommu) = await Viommu(uapi);
        var before = await uapi.Iommu.State();
        var call = Nested(uapi, device, viommu) with { DataUptr = UapiCaller.Nowhere };
        await uapi.Expect(Errno.EFAULT, Ioctl.HwptAlloc, call);
        await uapi.Expect(Errno.ENOENT, Ioctl.HwptAlloc, call with { DevId = 99 });
        await uapi.Expect(Errno.EINVAL, Ioctl.HwptAlloc, call with { PtId = 99 });
        await uapi.Expect(Errno.EOPNOTSUPP, Ioctl.HwptAlloc, call with { Flags = (HwptAllocFlags)0x100 });
        Assert.Equal(before, await uapi.Iommu.State());
    }

    [Fact]
    public async Task HWPT_ALLOC_with_data_longer_than_any_structure_answers_EINVAL_and_reads_none_of_it()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var (device, viommu) = await Viommu(uapi);
        var call = Nested(uapi, device, viommu) with { DataLen = uint.MaxValue, DataUptr = UapiCaller.Nowhere };
        await uapi.Expect(Errno.EINVAL, Ioctl.HwptAlloc, call);
    }

    [Fact]
    public async Task VIOMMU_ALLOC_and_VDEVICE_ALLOC_write_the_ids()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var (device, viommu) = await Viommu(uapi);
        Assert.Equal(ObjectType.Viommu, uapi.Iommu.Context.Table.Find(new ObjectId(viommu))!.Type);
        var vdevice = await uapi.Succeed(Ioctl.VdeviceAlloc, new IommuVdeviceAlloc { ViommuId = viommu, DevId = device, VirtId = 7 });
        Assert.Equal(ObjectType.Vdevice, uapi.Iommu.Context.Table.Find(new ObjectId(vdevice.OutVdeviceId))!.Type);
        await uapi.Expect(Errno.EEXIST, Ioctl.VdeviceAlloc, new IommuVdeviceAlloc { ViommuId = viommu, DevId = device, VirtId = 8 });
    }

    [Fact]
    public async Task VIOMMU_ALLOC_does_not_look_at_data_that_its_driver_has_no_use_for()
    {
        await using var uapi = await new UapiHarness().OpenAsync();
        var (device, parent) = await Parent(uapi);
        var call = new IommuViommuAlloc
        {
            Type = ViommuType.ArmSmmuv3,
            DevId = device,
            HwptId = parent,
            DataLen = 16,
            DataUptr = UapiCaller.Nowhere,
        };
        await uapi.Expect(Errno.None, Ioctl.ViommuAlloc, call);
    }

    internal static async Task<(uint Device, uint Parent)> Parent(UapiHarness uapi)
    {
        var device = (await uapi.Iommu.Bind()).Value;
        var call = new IommuHwptAlloc { Flags = HwptAllocFlags.NestParent, DevId = device, PtId = await uapi.Ioas() };
        return (device, (await uapi.Succeed(Ioctl.HwptAlloc, call)).OutHwptId);
    }

    internal static async Task<(uint Device, uint Viommu)> Viommu(UapiHarness uapi)
    {
        var (device, parent) = await Parent(uapi);
        var call = new IommuViommuAlloc { Type = ViommuType.ArmSmmuv3, DevId = device, HwptId = parent };
        return (device, (await uapi.Succeed(Ioctl.ViommuAlloc, call)).OutViommuId);
    }

    private static IommuHwptAlloc Nested(UapiHarness uapi, uint device, uint viommu) => new()
    {
        DevId = device,
        PtId = viommu,
        DataType = NestedData,
        DataLen = 16,
        DataUptr = uapi.Arrays,
    };
}
