using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Crash;
using Iommu.TestKit.Model;

namespace Iommu.Tests.Crash;

public class CrashCallsTests
{
    private const IoasMapFlags Fixed = IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable;

    /// <summary>
    /// Found by kills: what such an access had pinned stayed pinned when it went, for want of an owner to let go, and an unmap was EDEADLK
    /// where the model had it succeed.
    /// </summary>
    [Fact]
    public void An_access_whose_owner_went_with_a_crash_pins_nothing()
    {
        var machine = ModelWorld.Describe();
        var model = new IommufdModel(machine, ModelState.Empty);
        Assert.Equal(1u, model.Step(new IoasAlloc()).Id.Value);
        model.Step(new IoasMap(new(1), Fixed, machine.Memory[0].Start, 0x4000, 1 << 24));
        Assert.Equal(2u, model.Step(new AccessCreate(PinsPages: true)).Id.Value);
        model.Step(new AccessAttach(new(2), new(1)));
        var owned = Calls(model).OfType<AccessPin>().Count(pin => pin.Access == new ObjectId(2));
        Assert.True(owned > 0);

        var recovered = new IommufdModel(machine, AfterCrash.Of(model.State));

        Assert.DoesNotContain(Calls(recovered), call => call is AccessPin { Access.Value: 2 });
    }

    private static List<Call> Calls(IommufdModel model)
    {
        var generator = new CallGenerator(new Random(1), CrashCalls.Weights);
        return [.. Enumerable.Range(0, 2000).Select(_ => generator.NextAfterCrashes(model))];
    }
}
