using Iommu.Hardware.Drivers;
using Iommu.Hardware.NoIommu;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Ioctls;

public class GetHwInfoTests
{
    [Fact]
    public async Task GET_HW_INFO_answers_the_variants_own_structure_or_the_one_that_is_asked_for()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var device = await iommu.Bind();
        foreach (var call in new[]
        {
            new GetHwInfo(device), new GetHwInfo(device, Type: HwInfoType.IntelVtd),
            new GetHwInfo(device, HwInfoFlags.InputType, HwInfoType.ArmSmmuv3), new GetHwInfo(device, HwInfoFlags.InputType),
        })
        {
            var (errno, info) = await iommu.Context.CallAsync<HwInfoAnswer>(call);
            Assert.Equal((Errno.None, HwInfoType.ArmSmmuv3, 4), (errno, info!.Type, info.Data.Length));
        }
    }

    [Fact]
    public async Task GET_HW_INFO_tells_what_the_device_can_do()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var device = await iommu.Bind();
        iommu.First.CapabilitiesOf = _ => new DeviceCapabilities();
        await ExpectAsync(HwCapabilities.PciAtsNotSupported, 0);
        iommu.First.CapabilitiesOf = _ => new DeviceCapabilities { Ats = true, DirtyTracking = true };
        await ExpectAsync(HwCapabilities.DirtyTracking, 0);
        iommu.First.CapabilitiesOf = _ => new DeviceCapabilities { Ats = true, PasidBits = 20, PasidExec = true };
        await ExpectAsync(HwCapabilities.PciPasidExec, 20);
        iommu.First.CapabilitiesOf = _ => new DeviceCapabilities { Ats = true, PasidBits = 16, PasidPriv = true };
        await ExpectAsync(HwCapabilities.PciPasidPriv, 16);
        // What a device without PASIDs says of them does not count.
        iommu.First.CapabilitiesOf = _ => new DeviceCapabilities { Ats = true, PasidExec = true, PasidPriv = true };
        await ExpectAsync(HwCapabilities.None, 0);

        async Task ExpectAsync(HwCapabilities capabilities, byte pasidLog2)
        {
            var (_, info) = await iommu.Context.CallAsync<HwInfoAnswer>(new GetHwInfo(device));
            Assert.Equal((capabilities, pasidLog2), (info!.Capabilities, info.MaxPasidLog2));
        }
    }

    [Fact]
    public async Task GET_HW_INFO_answers_EOPNOTSUPP_for_an_unknown_flag_before_it_looks_for_the_device()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        await iommu.Expect(Errno.EOPNOTSUPP, new GetHwInfo(DeviceHarness.Missing, (HwInfoFlags)2));
    }

    [Fact]
    public async Task GET_HW_INFO_answers_EOPNOTSUPP_for_a_type_that_the_hardware_has_not()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        await iommu.Expect(Errno.EOPNOTSUPP, new GetHwInfo(await iommu.Bind(), HwInfoFlags.InputType, HwInfoType.IntelVtd));
    }

    [Fact]
    public async Task GET_HW_INFO_answers_EOPNOTSUPP_for_a_device_without_an_IOMMU()
    {
        await using var iommu = await DeviceHarness.OpenAsync(more: [new PhysicalDevice("bare", 0, new NoIommuDriver())]);
        await iommu.Expect(Errno.EOPNOTSUPP, new GetHwInfo(await iommu.Bind("bare")));
    }

    [Fact]
    public async Task GET_HW_INFO_answers_ENOENT_for_anything_but_a_device()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        await iommu.Expect(Errno.ENOENT, new GetHwInfo(DeviceHarness.Missing));
        await iommu.Expect(Errno.ENOENT, new GetHwInfo(await iommu.Ioas()));
    }
}
