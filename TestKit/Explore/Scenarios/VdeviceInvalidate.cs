using System.Buffers.Binary;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>Invalidations name a vDEVICE by its virtual id while it is being made; its driver may refuse it.</summary>
internal sealed class VdeviceInvalidate : ModelScenario
{
    private const uint VirtualId = 5;

    private Guest _guest = null!;

    public override string Name => "vdevice-invalidate";

    public override string Summary => "HWPT_INVALIDATE by a virtual id meets VDEVICE_ALLOC, whose build may fail, and DESTROY";

    public override int FailuresMax => 1;

    public override async Task SetUpAsync(World world) => _guest = await GuestAsync(world);

    public override void Start(World world)
    {
        world.Caller("builder", async caller =>
        {
            var made = await caller.CallAsync(new VdeviceAlloc(_guest.Viommu, _guest.Device, VirtualId));
            if (made.Errno == Errno.None) await caller.CallAsync(new Destroy(made.Id));
        });
        world.Caller("guest", async caller =>
        {
            for (var i = 0; i < 3; i++) await caller.CallAsync(Invalidate());
        });
    }

    private HwptInvalidate Invalidate()
    {
        var entry = new byte[12];
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(4), VirtualId);
        return new HwptInvalidate(_guest.Viommu, InvalidateDataType.Selftest, entry.Length, 1, entry);
    }
}
