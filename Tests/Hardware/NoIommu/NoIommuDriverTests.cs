using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.NoIommu;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;
using Iommu.Tests.Ioctls;

namespace Iommu.Tests.Hardware.NoIommu;

public class NoIommuDriverTests
{
    private readonly NoIommuDriver _driver = new();

    [Fact]
    public void A_table_holds_pages_of_4_KiB_anywhere_in_64_bits()
    {
        var domain = Alloc();
        const ulong high = ulong.MaxValue - 0x1fff;
        Assert.Equal(Errno.None, domain.Map(high, 0x7_0000_0000, 0x2000, Access.Read));
        Assert.Equal(0x7_0000_1234UL, domain.Lookup(high + 0x1234));
        Assert.Equal(Errno.EEXIST, domain.Map(high - 0x1000, 0x8_0000_0000, 0x2000, Access.Read));
        Assert.Null(domain.Lookup(high - 0x1000));
        Assert.Equal(0x1000UL, domain.Unmap(high, 0x1000));
        Assert.Equal((null, 0x7_0000_1000UL), (domain.Lookup(high), domain.Lookup(high + 0x1000)));
        Assert.Equal(0x1000UL, domain.Unmap(high, 0x2000));
    }

    [Fact]
    public void A_table_refuses_what_is_no_page_and_what_no_address_reaches()
    {
        var domain = Alloc();
        Assert.Equal(Errno.EINVAL, domain.Map(0, 0, 0, Access.Read));
        Assert.Equal(Errno.EINVAL, domain.Map(0x800, 0, 0x1000, Access.Read));
        Assert.Equal(Errno.EINVAL, domain.Map(0, 0x800, 0x1000, Access.Read));
        Assert.Equal(Errno.ERANGE, domain.Map(ulong.MaxValue - 0xfff, 0, 0x2000, Access.Read));
        Assert.Equal(Errno.ERANGE, domain.Map(0, (1UL << 52) - 0x1000, 0x2000, Access.Read));
        Assert.Equal(Errno.None, domain.Map(0, (1UL << 52) - 0x1000, 0x1000, Access.Read));
    }

    [Fact]
    public void No_flag_and_no_user_data_is_known_but_that_faults_go_to_a_queue()
    {
        var device = new PhysicalDevice("bare", 0, _driver);
        foreach (var flag in new[] { HwptAllocFlags.NestParent, HwptAllocFlags.DirtyTracking, HwptAllocFlags.Pasid })
            Assert.Equal(Errno.EOPNOTSUPP, _driver.AllocPaging(device, flag).Errno);
        Assert.Equal(Errno.EOPNOTSUPP, _driver.AllocPaging(device, 0, new UserData(HwptDataType.AmdGuest, new byte[8])).Errno);
        Assert.Equal(Errno.None, _driver.AllocPaging(device, HwptAllocFlags.FaultIdValid).Errno);
    }

    [Fact]
    public async Task A_context_fills_the_table_of_a_device_without_an_IOMMU_and_offers_it_no_more_than_that()
    {
        await using var iommu = await DeviceHarness.OpenAsync(more: [new PhysicalDevice("bare", 0, _driver)]);
        var (bare, ioas) = (await iommu.Bind("bare"), await iommu.Ioas());
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0x5000, pages: 2));
        var hwpt = await iommu.Hwpt(bare, ioas);
        var table = (IPagingDomain)iommu.Context.Table.Find(hwpt)!.Hardware!;
        const ulong physical = (1UL << 32) + (1 << 20);
        Assert.Equal(physical + 0x1000, table.Lookup(0x6000));
        var (_, found) = await iommu.Context.CallAsync<PhysicalAnswer>(new IoasNoiommuGetPa(ioas, 0x5800, 0x10000));
        Assert.Equal((Errno.None, physical + 0x800, 0x1800UL), (found!.Errno, found.Physical, found.LengthBytes));
        await iommu.Expect(Errno.None, new IoasUnmap(ioas, 0x5000, 0x2000));
        Assert.Null(table.Lookup(0x6000));

        var device = await iommu.Bind();
        var parent = await iommu.NestParent(device, ioas);
        var viommu = await iommu.Viommu(device, parent);
        await iommu.Expect(Errno.EOPNOTSUPP, new HwptAlloc(bare, ioas, HwptAllocFlags.NestParent));
        await iommu.Expect(Errno.EOPNOTSUPP, new ViommuAlloc(bare, parent, ViommuType.ArmSmmuv3));
        await iommu.Expect(Errno.EINVAL, new VdeviceAlloc(viommu, bare, 5));
        await iommu.Expect(Errno.EINVAL, SimulatorHarness.NestedCall(bare, viommu));
    }

    private IPagingDomain Alloc() => _driver.AllocPaging(new PhysicalDevice("bare", 0, _driver), HwptAllocFlags.None).Value!;
}
