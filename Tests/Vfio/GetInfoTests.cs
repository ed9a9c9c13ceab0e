using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Uapi;

namespace Iommu.Tests.Vfio;

/// <summary>
/// VFIO_IOMMU_GET_INFO (vfio_compat.c, iommufd_vfio_iommu_get_info). The mock's domain has one usable range: all takes 24 bytes for the
/// structure, 16 for the mappings that can still be made, 32 for the ranges.
/// </summary>
public class GetInfoTests
{
    private const int All = 72;

    [Fact]
    public async Task VFIO_IOMMU_GET_INFO_gives_page_sizes_and_both_capabilities()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        var (errno, info) = await Get(vfio, All);
        Assert.Equal(Errno.None, errno);
        Assert.Equal((72u, VfioInfoFlags.PageSizes | VfioInfoFlags.Capabilities, 24u), (info.Argsz, info.Flags, info.CapOffset));
        // Smaller pages than the processor's count as one of its.
        Assert.Equal((true, 0UL), ((info.IovaPgsizes & 4096) != 0, info.IovaPgsizes & 4095));

        var avail = vfio.Uapi.Read<VfioIommuType1InfoDmaAvail>(vfio.Uapi.Structure + 24);
        Assert.Equal((VfioInfoCap.DmaAvail, 1, 40u), (avail.Header.Id, avail.Header.Version, avail.Header.Next));
        Assert.Equal(uint.MaxValue, avail.Avail);
        var ranges = vfio.Uapi.Read<VfioIommuType1InfoCapIovaRange>(vfio.Uapi.Structure + 40);
        Assert.Equal((VfioInfoCap.IovaRange, 1, 0u, 1u), (ranges.Header.Id, ranges.Header.Version, ranges.Header.Next, ranges.NrIovas));
        var range = vfio.Uapi.Read<IommuIovaRange>(vfio.Uapi.Structure + 56);
        Assert.Equal((1UL << 24, (1UL << 31) - 1), (range.Start, range.Last));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(23)]
    [InlineData(24)]
    [InlineData(35)]
    [InlineData(36)]
    [InlineData(40)]
    [InlineData(56)]
    [InlineData(71)]
    public async Task VFIO_IOMMU_GET_INFO_with_little_room_says_how_much_it_takes_and_writes_nothing_behind_it(int room)
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        var (errno, info) = await Get(vfio, room);
        Assert.Equal((Errno.None, 72u), (errno, info.Argsz));
        if (room >= 20) Assert.Equal(0u, info.CapOffset);
        Assert.All(vfio.Uapi.ReadBytes(vfio.Uapi.Structure + (ulong)room, 128 - room), value => Assert.Equal(0xee, value));
        // The first capability is there when it fits, and leads on when there is a place to lead to.
        var avail = vfio.Uapi.Read<VfioIommuType1InfoDmaAvail>(vfio.Uapi.Structure + 24);
        if (room >= 36) Assert.Equal((VfioInfoCap.DmaAvail, room >= 40 ? 40u : 0), (avail.Header.Id, avail.Header.Next));
    }

    [Fact]
    public async Task VFIO_IOMMU_GET_INFO_of_an_empty_IOAS_has_every_page_size_and_one_range_of_everything()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2, device: false);
        var (_, info) = await Get(vfio, All);
        Assert.Equal(~4095UL, info.IovaPgsizes);
        var range = vfio.Uapi.Read<IommuIovaRange>(vfio.Uapi.Structure + 56);
        Assert.Equal((0UL, ulong.MaxValue), (range.Start, range.Last));
    }

    [Fact]
    public async Task VFIO_IOMMU_GET_INFO_answers_EINVAL_for_less_than_16_bytes()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        Assert.Equal(Errno.EINVAL, (await Get(vfio, 15)).Errno);
    }

    [Fact]
    public async Task VFIO_IOMMU_GET_INFO_answers_ENODEV_without_a_compatibility_IOAS()
    {
        await using var vfio = await new VfioHarness().OpenAsync();
        Assert.Equal(Errno.ENODEV, (await Get(vfio, All)).Errno);
    }

    [Fact]
    public async Task VFIO_IOMMU_GET_INFO_answers_EFAULT_for_a_bad_pointer_and_for_room_that_is_not_there()
    {
        await using var vfio = await new VfioHarness().SetUpAsync(VfioExtension.Type1V2);
        Assert.Equal(-(long)Errno.EFAULT, await vfio.Value(VfioIoctl.IommuGetInfo, UapiCaller.Nowhere));
        foreach (var behind in new ulong[] { 24, 36, 56 })
        {
            vfio.Uapi.Write(vfio.Uapi.End - behind, (uint)All);
            Assert.Equal(-(long)Errno.EFAULT, await vfio.Value(VfioIoctl.IommuGetInfo, vfio.Uapi.End - behind));
        }
    }

    private static async Task<(Errno Errno, VfioIommuType1Info Info)> Get(VfioHarness vfio, int room)
    {
        var filler = new byte[128];
        Array.Fill(filler, (byte)0xee);
        vfio.Uapi.Write(vfio.Uapi.Structure, filler);
        vfio.Uapi.Write(vfio.Uapi.Structure, (uint)room);
        var result = await vfio.Value(VfioIoctl.IommuGetInfo, vfio.Uapi.Structure);
        return ((Errno)(-result), vfio.Uapi.Read<VfioIommuType1Info>(vfio.Uapi.Structure));
    }
}
