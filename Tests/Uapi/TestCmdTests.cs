using Iommu.Hardware.Mock;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Uapi;

/// <summary>IOMMU_TEST_CMD in its binary form: what each sub-operation takes from the union and writes back to it.</summary>
public class TestCmdTests
{
    [Fact]
    public async Task MOCK_DOMAIN_writes_the_three_ids_and_MOCK_DOMAIN_FLAGS_reads_flags_behind_them()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var ioas = await uapi.Ioas();
        var made = await uapi.Device(ioas);
        Assert.Equal([ObjectType.Selftest, ObjectType.HwptPaging, ObjectType.Device],
            new[] { made.OutStdevId, made.OutHwptId, made.OutIdevId }.Select(id => uapi.Mock.Context.Table.Find(new ObjectId(id))!.Type));

        var flagged = new IommuTestCmd { Op = TestOp.MockDomainFlags, Id = ioas };
        flagged.MockDomain.DevFlags = (uint)MockDeviceFlags.Pasid;
        var (errno, after) = await uapi.Test(flagged);
        Assert.Equal(Errno.None, errno);
        Assert.Equal(MockDeviceFlags.Pasid, uapi.Mock.StateOf(new ObjectId(after.MockDomain.OutIdevId)).Flags);
        flagged.MockDomain.DevFlags = 0x80;
        Assert.Equal(Errno.EINVAL, (await uapi.Test(flagged)).Errno);
    }

    [Fact]
    public async Task MOCK_DOMAIN_REPLACE_writes_the_id_of_the_hwpt()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var made = await uapi.Device(await uapi.Ioas());
        var replace = new IommuTestCmd { Op = TestOp.MockDomainReplace, Id = made.OutStdevId, Word = await uapi.Ioas() };
        var (errno, after) = await uapi.Test(replace);
        Assert.Equal(Errno.None, errno);
        Assert.Equal(ObjectType.HwptPaging, uapi.Mock.Context.Table.Find(new ObjectId(after.Word))!.Type);
        Assert.NotEqual(made.OutHwptId, after.Word);
    }

    [Fact]
    public async Task PASID_operations_take_the_pasid_and_write_the_hwpt_back()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var ioas = await uapi.Ioas();
        var plain = await uapi.Device(ioas);
        var alloc = new IommuHwptAlloc { DevId = plain.OutIdevId, PtId = ioas, Flags = HwptAllocFlags.Pasid };
        var hwpt = (await uapi.Succeed(Ioctl.HwptAlloc, alloc)).OutHwptId;
        var other = (await uapi.Succeed(Ioctl.HwptAlloc, alloc)).OutHwptId;
        var flagged = new IommuTestCmd { Op = TestOp.MockDomainFlags, Id = hwpt };
        flagged.MockDomain.DevFlags = (uint)MockDeviceFlags.Pasid;
        var device = (await uapi.Test(flagged)).After.MockDomain.OutStdevId;

        Assert.Equal((Errno.None, hwpt), await Pasid(TestOp.PasidAttach, hwpt));
        Assert.Equal((Errno.None, hwpt), await Pasid(TestOp.PasidCheckHwpt, hwpt));
        Assert.Equal((Errno.None, other), await Pasid(TestOp.PasidReplace, other));
        Assert.Equal((Errno.EINVAL, hwpt), await Pasid(TestOp.PasidCheckHwpt, hwpt));
        Assert.Equal((Errno.None, 0u), await Pasid(TestOp.PasidDetach, 0));
        Assert.Equal((Errno.None, 0u), await Pasid(TestOp.PasidCheckHwpt, 0));

        async Task<(Errno, uint)> Pasid(TestOp op, uint target)
        {
            var command = new IommuTestCmd { Op = op, Id = device, Pasid = new TestPasid { Pasid = 100, PtId = target } };
            var (errno, after) = await uapi.Test(command);
            return (errno, after.Pasid.PtId);
        }
    }

    [Fact]
    public async Task MD_CHECK_MAP_and_MD_CHECK_REFS_compare_with_the_callers_memory()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var ioas = await uapi.Ioas();
        var hwpt = (await uapi.Device(ioas)).OutHwptId;
        await MockUapiCalls.Map(uapi, ioas, MockHarness.Aperture, 0x4000);
        var map = new IommuTestCmd { Op = TestOp.MdCheckMap, Id = hwpt };
        map.CheckMap = new TestCheckMap { Iova = MockHarness.Aperture, Length = 0x4000, Uptr = uapi.Arrays };
        Assert.Equal(Errno.None, (await uapi.Test(map)).Errno);
        map.CheckMap.Uptr += 0x1000;
        Assert.Equal(Errno.EINVAL, (await uapi.Test(map)).Errno);
        map.CheckMap.Uptr = uapi.End;
        Assert.Equal(Errno.EFAULT, (await uapi.Test(map)).Errno);

        var refs = new IommuTestCmd { Op = TestOp.MdCheckRefs };
        refs.CheckRefs = new TestCheckRefs { Length = 0x4000, Uptr = uapi.Arrays, Refs = 1 };
        Assert.Equal(Errno.None, (await uapi.Test(refs)).Errno);
        refs.CheckRefs.Refs = 2;
        Assert.Equal(Errno.EIO, (await uapi.Test(refs)).Errno);
    }

    [Fact]
    public async Task MD_CHECK_IOTLB_and_DEV_CHECK_CACHE_compare_a_word()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var ioas = await uapi.Ioas();
        var device = (await uapi.Device(ioas)).OutIdevId;
        var viommu = await MockUapiCalls.Viommu(uapi, ioas, device);
        uapi.Write(uapi.Arrays, new IommuHwptSelftest { Iotlb = MockNestedDomain.TlbDefault });
        var nested = await uapi.Succeed(Ioctl.HwptAlloc, new IommuHwptAlloc
        {
            DevId = device,
            PtId = viommu,
            DataType = HwptDataType.Selftest,
            DataLen = 8,
            DataUptr = uapi.Arrays,
        });
        await Holds(TestOp.MdCheckIotlb, nested.OutHwptId, 3, MockNestedDomain.TlbDefault);
        await Holds(TestOp.DevCheckCache, device, 3, MockDevice.CacheDefault);

        uapi.Write(uapi.Arrays, new IommuHwptInvalidateSelftest { IotlbId = 3 });
        var (errno, after) = await uapi.Call(Ioctl.HwptInvalidate, new IommuHwptInvalidate
        {
            HwptId = nested.OutHwptId,
            DataUptr = uapi.Arrays,
            DataType = InvalidateDataType.Selftest,
            EntryLen = 8,
            EntryNum = 1,
        });
        Assert.Equal((Errno.None, 1u), (errno, after.EntryNum));
        await Holds(TestOp.MdCheckIotlb, nested.OutHwptId, 3, 0);

        async Task Holds(TestOp op, uint id, uint word, uint value)
        {
            var command = new IommuTestCmd { Op = op, Id = id, CheckWord = new TestCheckWord { Id = word, Value = value } };
            Assert.Equal(Errno.None, (await uapi.Test(command)).Errno);
            command.CheckWord.Value++;
            Assert.Equal(Errno.EINVAL, (await uapi.Test(command)).Errno);
        }
    }

    [Fact]
    public async Task SET_TEMP_MEMORY_LIMIT_takes_what_is_enough_for_one_page()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        Assert.Equal(Errno.None, (await uapi.Test(new IommuTestCmd { Op = TestOp.SetTempMemoryLimit, Word = 65536 })).Errno);
        Assert.Equal(Errno.EINVAL, (await uapi.Test(new IommuTestCmd { Op = TestOp.SetTempMemoryLimit, Word = 11 })).Errno);
    }

    [Fact]
    public async Task An_unknown_sub_operation_answers_EOPNOTSUPP()
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        Assert.Equal(Errno.EOPNOTSUPP, (await uapi.Test(new IommuTestCmd { Op = (TestOp)24 })).Errno);
        Assert.Equal(Errno.EOPNOTSUPP, (await uapi.Test(new IommuTestCmd())).Errno);
    }
}
