using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;

namespace Iommu.Tests.Persistence.Graph;

public class UnwantedDomainsTests
{
    private static readonly ObjectId Device = new(1);
    private static readonly ObjectId Ioas = new(2);
    private static readonly ObjectId Hwpt = new(3);

    private readonly ObjectGraph _graph = new();

    [Fact]
    public void A_domain_that_an_attach_has_made_goes_when_nobody_is_on_it()
    {
        Build(auto: true);
        Assert.Equal([new ObjectDestroyed(Hwpt)], _graph.UnwantedDomains());
    }

    [Fact]
    public void A_domain_that_a_device_is_on_stays()
    {
        Build(auto: true);
        _graph.Apply(new DeviceAttached(Device, Hwpt));
        Assert.Empty(_graph.UnwantedDomains());
    }

    [Fact]
    public void A_domain_that_a_caller_has_made_stays()
    {
        Build(auto: false);
        Assert.Empty(_graph.UnwantedDomains());
    }

    private void Build(bool auto)
    {
        _graph.Apply(new DeviceBound(Device, "device"));
        _graph.Apply(new IoasAllocated(Ioas, "stream"));
        _graph.Apply(new HwptPagingAllocated(Hwpt, Ioas, "device", HwptAllocFlags.None, auto));
    }
}
