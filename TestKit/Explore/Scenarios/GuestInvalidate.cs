using Iommu.Messages;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Explore.Scenarios;

/// <summary>A guest invalidates what it has unmapped, in an array with a mistake at its end, while its device does DMA.</summary>
internal sealed class GuestInvalidate : SmmuScenario
{
    private const int Pages = 3;

    private Guest _guest = null!;

    public override string Name => "guest-invalidate";

    public override string Summary => "an array of invalidations that is refused at its end meets DMA to the pages before that";

    public override async Task SetUpAsync(World world) => _guest = await Guest.SetUpAsync(world, Device(world, 0));

    public override void Start(World world)
    {
        world.Caller("device", async caller =>
        {
            var port = HardwareOf(world).OpenPort(Device(world, 0));
            for (var i = 0; i < 2 * Pages; i++) await TranslateAsync(caller, port, _guest.IovaOf(i % Pages));
        });
        world.Caller("guest", async caller =>
        {
            await caller.PauseAsync();
            var array = new InvalidationArray();
            for (var page = 0; page < Pages; page++)
            {
                _guest.Space.UnmapPage(0, page);
                _guest.Driver.Iommu.AddPage(array, _guest.Space, _guest.IovaOf(page), withLevel: false);
            }
            _guest.Driver.Iommu.AddRefused(array);
            var answer = await caller.CallAsync(array.ToCall(_guest.Vmm.Viommu));
            await CheckHandledAsync(caller, answer);
        });
    }

    /// <summary>What was reported handled is to be found by no transaction that starts later (I8).</summary>
    private async Task CheckHandledAsync(Caller caller, Answer answer)
    {
        var port = HardwareOf(caller.World).OpenPort(Device(caller.World, 0));
        for (var page = 0; page < (int)answer.Value; page++)
        {
            var result = await TranslateAsync(caller, port, _guest.IovaOf(page));
            if (result.Succeeded) caller.World.Findings.Report(
                "I8", $"page {page} of the guest is reached at 0x{result.Address:x}, though {answer.Value} were reported handled");
        }
    }
}
