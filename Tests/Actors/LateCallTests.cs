using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors;

/// <summary>Calls that have looked their objects up, and come to them when they have gone. The model found these.</summary>
public class LateCallTests
{
    [Fact]
    public async Task An_HWPT_is_not_allocated_for_a_device_that_was_unbound_meanwhile()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (bound, other, ioas) = (await iommu.Bind(), await iommu.Bind("first-dev1"), await iommu.Ioas());
        var parent = await iommu.NestParent(other, ioas);
        var viommu = await iommu.Viommu(other, parent);
        var device = iommu.Context.Table.Find(bound)!;
        await iommu.Expect(Errno.None, new DeviceUnbind(bound));
        var before = await iommu.State();

        Assert.Equal(Errno.ENOENT, await Late(iommu, ioas, new HwptAlloc(bound, ioas), device));
        Assert.Equal(Errno.ENOENT, await Late(iommu, parent, new ViommuAlloc(bound, parent, ViommuType.ArmSmmuv3), device));
        Assert.Equal(Errno.ENOENT, await Late(iommu, viommu, SimulatorHarness.NestedCall(bound, viommu), device));
        Assert.Equal(before, await iommu.State());
    }

    [Fact]
    public async Task An_attach_to_an_IOAS_whose_domain_has_gone_meanwhile_gets_another()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var domain = iommu.Context.Table.Find(await iommu.Id(new DeviceAttach(device, ioas)))!;
        await iommu.Expect(Errno.None, new DeviceDetach(device));

        var attach = new Acquire(new DeviceAttach(device, ioas), iommu.Context.Table.Find(device))
        {
            Ioas = iommu.Context.Table.Find(ioas)!.Actor,
        };
        Assert.Equal(Errno.None, (await domain.Actor.Ask<Answer>(attach)).Errno);
    }

    [Fact]
    public async Task An_attach_to_a_domain_that_has_gone_meanwhile_gets_no_other()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var domain = iommu.Context.Table.Find(await iommu.Id(new DeviceAttach(device, ioas)))!;
        await iommu.Expect(Errno.None, new DeviceDetach(device));

        var attach = new Acquire(new DeviceAttach(device, domain.Id), iommu.Context.Table.Find(device));
        Assert.Equal(Errno.ENOENT, (await domain.Actor.Ask<Answer>(attach)).Errno);
    }

    [Theory]
    [InlineData(Errno.None)]
    [InlineData(Errno.ENOMEM)]
    public async Task A_domain_that_an_attach_makes_for_itself_is_not_found_before_the_device_is_on_it(Errno outcome)
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        ObjectEntry? found = null;
        iommu.First.Refuse = (_, _) =>
        {
            found = iommu.Context.Table.Find(new ObjectId(ioas.Value + 1));
            return outcome;
        };

        var answer = await iommu.Call(new DeviceAttach(device, ioas));

        Assert.Equal((outcome, null), (answer.Errno, found));
        Assert.Equal(outcome == Errno.None, iommu.Context.Table.Find(new ObjectId(ioas.Value + 1)) is not null);
    }

    private static async Task<Errno> Late(SimulatorHarness iommu, ObjectId target, Call call, ObjectEntry device) =>
        (await iommu.Context.Table.Find(target)!.Actor.Ask<Answer>(new Acquire(call, device))).Errno;
}
