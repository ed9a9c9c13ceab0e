using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>B60, L3 and the order of attach: whoever may walk a domain's tables is in the array that its unmaps read.</summary>
public class AttachRaceTests
{
    private const ulong Iova = 0x4000;

    private readonly Smmuv3Machine _machine = Smmuv3Machine.Create(new() { DevicesWithAts = 2 });

    private IIommuDriver Driver => _machine.Drivers[0];

    [Fact]
    public void An_unmap_at_any_point_of_an_attach_reaches_the_new_device()
    {
        for (var stop = 0; stop < 6; stop++)
        {
            var device = _machine.Devices[0];
            var domain = Driver.AllocPaging(device, HwptAllocFlags.None).Value!;
            domain.Map(Iova, 0x9000, 0x1000, Access.Read);
            var port = _machine.OpenPort(device);
            using var attach = Driver.Attach(device, null, domain).Value!.GetEnumerator();
            for (var i = 0; i < stop && attach.MoveNext(); i++)
            {
                Plan.Run(attach.Current);
                port.Translate(Iova, Access.Read);
            }
            domain.Unmap(Iova, 0x1000);
            Plan.Run(domain.Flush(Iova, 0x1000));
            while (attach.MoveNext()) Plan.Run(attach.Current);
            Assert.Equal((stop, false), (stop, port.Translate(Iova, Access.Read).Succeeded));
            Plan.Run(Driver.Attach(device, domain, null).Value!);
        }
    }

    [Fact]
    public void A_domain_that_was_detached_comes_back_without_what_was_unmapped_meanwhile()
    {
        var device = _machine.Devices[0];
        var port = _machine.OpenPort(device);
        var domain = Driver.AllocPaging(device, HwptAllocFlags.None).Value!;
        domain.Map(Iova, 0x9000, 0x1000, Access.Read);
        Plan.Run(Driver.Attach(device, null, domain).Value!);
        Assert.True(port.Translate(Iova, Access.Read).Succeeded);
        Plan.Run(Driver.Attach(device, domain, null).Value!);
        Assert.Equal(TranslationKind.Abort, port.Translate(Iova, Access.Read).Kind);
        domain.Unmap(Iova, 0x1000);
        Plan.Run(domain.Flush(Iova, 0x1000));
        Plan.Run(Driver.Attach(device, null, domain).Value!);
        Assert.False(port.Translate(Iova, Access.Read).Succeeded);
    }

    [Fact]
    public void Two_vIOMMUs_on_one_stage_2_have_VMIDs_of_their_own()
    {
        var device = _machine.Devices[2];
        var parent = Driver.AllocPaging(device, HwptAllocFlags.NestParent).Value!;
        var first = (Iommu.Hardware.Smmuv3.Driver.Smmuv3Viommu)Driver.AllocViommu(device, parent).Value!;
        var second = (Iommu.Hardware.Smmuv3.Driver.Smmuv3Viommu)Driver.AllocViommu(device, parent).Value!;
        var own = ((Iommu.Hardware.Smmuv3.Driver.Smmuv3PagingDomain)parent).Tag;
        Assert.Equal(3, new[] { own, first.Vmid, second.Vmid }.Distinct().Count());
    }

    [Fact]
    public void A_guests_stage_1_needs_a_virtual_device_and_a_bypass_does_not()
    {
        var device = _machine.Devices[2];
        var parent = Driver.AllocPaging(device, HwptAllocFlags.NestParent).Value!;
        parent.Map(Iova, 0x9000, 0x1000, Access.Read);
        var viommu = Driver.AllocViommu(device, parent).Value!;
        var translating = viommu.AllocNested(Entry(0x1000 | (5UL << 1) | 1)).Value!;
        var bypassing = viommu.AllocNested(Entry((4UL << 1) | 1)).Value!;
        Assert.Equal(Errno.ENOENT, Driver.Attach(device, null, translating).Errno);
        Plan.Run(Driver.Attach(device, null, bypassing).Value!);
        Assert.Equal(Translation.Ok(0x9000, Access.Read), _machine.OpenPort(device).Translate(Iova, Access.Read));
        Assert.Equal(Errno.None, viommu.AddVdevice(device, 3));
        Assert.Equal(Errno.EEXIST, viommu.AddVdevice(_machine.Devices[3], 3));
        Assert.Equal(Errno.None, Driver.Attach(device, bypassing, translating).Errno);
    }

    [Fact]
    public void A_domain_of_another_SMMU_is_refused()
    {
        var machine = Smmuv3Machine.Create(new() { Smmus = 2, DevicesPerSmmu = 1 });
        var domain = machine.Drivers[0].AllocPaging(machine.Devices[0], HwptAllocFlags.NestParent).Value!;
        Assert.Equal(Errno.EINVAL, machine.Drivers[1].Attach(machine.Devices[1], null, domain).Errno);
        Assert.Equal(Errno.EINVAL, machine.Drivers[1].AllocViommu(machine.Devices[1], domain).Errno);
        var none = machine.Drivers[0].AllocViommu(machine.Devices[0], domain, new(ViommuType.Default), NoViommuServices.Instance);
        Assert.Equal(Errno.EOPNOTSUPP, none.Errno);
    }

    private static byte[] Entry(ulong word0) => [.. BitConverter.GetBytes(word0), .. new byte[8]];
}
