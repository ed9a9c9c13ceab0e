using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Mappings;
using Iommu.TestKit.Checkers;

namespace Iommu.Tests.Checkers;

public class MappingCheckerTests
{
    private const ulong Iova = 0x100_0000;
    private const ulong Bytes = 16 * 4096;

    private readonly UserAddressSpace _memory;
    private readonly IPagingDomain _domain;
    private readonly Area _area;

    public MappingCheckerTests()
    {
        var machine = Smmuv3Machine.Create();
        _memory = machine.CreateProcess();
        _domain = machine.Drivers[0].AllocPaging(machine.Devices[0], HwptAllocFlags.None).Value!;
        _area = new Area(Iova, Bytes, _memory.Allocate(Bytes).Value, Access.ReadWrite);
        for (var offset = 0UL; offset < Bytes; offset += 4096)
            _domain.Map(Iova + offset, _memory.Translate(_area.UserAddress + offset)!.Value, 4096, Access.ReadWrite);
    }

    [Fact]
    public void A_domain_that_holds_exactly_the_areas_passes() => Assert.Null(Check());

    [Fact]
    public void A_page_that_is_missing_is_found()
    {
        _domain.Unmap(Iova + 5 * 4096, 4096);
        Assert.Contains("0x1005000 maps nothing", Check());
    }

    [Fact]
    public void A_page_that_leads_elsewhere_is_found()
    {
        _domain.Unmap(Iova, 4096);
        _domain.Map(Iova, 0x7000, 4096, Access.ReadWrite);
        Assert.Contains("0x1000000 maps 0x7000", Check());
    }

    [Theory]
    [InlineData(Iova - 4096)]
    [InlineData(Iova + Bytes)]
    public void A_page_beside_the_areas_is_found(ulong extra)
    {
        _domain.Map(extra, 0x7000, 4096, Access.Read);
        Assert.Contains("no area covers it", Check());
    }

    private string? Check() => MappingChecker.Check([_area], [_domain], _memory);
}
