using Akka.Actor;
using Iommu.Actors;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;

namespace Iommu.Tests.Actors;

/// <summary>
/// I9: what the user of one context keeps waiting, or has done at length, holds up no other context on the same hardware.
/// </summary>
public class IsolationTests
{
    private const int LongArray = 400_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Findings _findings = new();

    [Fact]
    public async Task An_owner_that_does_not_let_go_of_its_pins_holds_up_its_own_context_alone()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var ioas = await Used(iommu);
        var asked = new TaskCompletionSource<(UnmapNotice Notice, IActorRef Asking)>();
        var owner = new AccessOwner(iommu.System, iommu.Context) { OnNotice = (notice, asking) => asked.SetResult((notice, asking)) };
        var access = await owner.Attached(ioas);
        await owner.Expect(Errno.None, new AccessPin(access, 0, 4096, Write: true));
        await Checker().CheckWaitAsync(
            "an unmap", () => iommu.Expect(Errno.None, new IoasUnmap(ioas, 0, 4096)),
            async () =>
            {
                var (notice, asking) = await asked.Task;
                await owner.Expect(Errno.None, new AccessUnpin(access, 0, 4096));
                asking.Tell(new UnmapNoticed(notice), owner.Actor);
            },
            Others(iommu));
        Assert.Empty(_findings.All);
    }

    [Fact]
    public async Task Memory_that_does_not_come_holds_up_its_own_context_alone()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var ioas = await Used(iommu);
        using var arrives = new ManualResetEventSlim();
        var slow = new UserProcess(new SlowMemory(iommu.Memory, arrives));
        await Checker().CheckWaitAsync("a map", async () => Assert.Equal(
                Errno.None, (await iommu.Context.As(slow).CallAsync(SimulatorHarness.Fixed(ioas, 1 << 16))).Errno),
            () =>
            {
                arrives.Set();
                return Task.CompletedTask;
            },
            Others(iommu));
        Assert.Empty(_findings.All);
    }

    [Fact]
    public async Task A_long_array_of_invalidations_lets_those_of_another_context_in_between()
    {
        await using var iommu = await new SimulatorHarness().OpenAsync();
        var (viommu, _) = await Guest(iommu, iommu.Context, "first-dev0");
        var other = await iommu.Simulator.OpenAsync("other", iommu.Process);
        var (others, _) = await Guest(iommu, other, "first-dev1");
        iommu.First.Queue.Held = true;
        await Checker().CheckWorkAsync(
            iommu.System, "the long array", answers => Begin(iommu.Context, viommu, LongArray, answers),
            answer => answer is Answer { Value: LongArray }, "an invalidation", answers => Begin(other, others, 1, answers),
            () => iommu.First.Queue.Held = false);

        // An array of none is answered when the vIOMMU has sent on what came before it.
        static async Task Begin(IommufdContext context, ObjectId viommu, int count, IActorRef answers)
        {
            context.Send(Invalidations(viommu, count), answers);
            await Succeed(context, Invalidations(viommu, 0));
        }

        Assert.Empty(_findings.All);
    }

    private SharedHoldChecker Checker() => new(_findings, Patience);

    /// <summary>What a second context does on the same IOMMU, from its open to its close.</summary>
    private static List<(string, Func<Task>)> Others(SimulatorHarness iommu)
    {
        IommufdContext? context = null;
        ObjectId viommu = default, ioas = default;
        return
        [
            ("an open", async () => context = await iommu.Simulator.OpenAsync("other", iommu.Process)),
            ("a guest's making", async () => (viommu, ioas) = await Guest(iommu, context!, "first-dev1")),
            ("an invalidation", async () => await Succeed(context!, Invalidations(viommu, 1))),
            ("a map", async () => await Succeed(context!, SimulatorHarness.Fixed(ioas, 0))),
            ("an unmap", async () => await Succeed(context!, new IoasUnmap(ioas, 0, 4096))),
            ("a close", async () => await context!.CloseAsync()),
        ];
    }

    private static async Task<(ObjectId Viommu, ObjectId Ioas)> Guest(SimulatorHarness iommu, IommufdContext context, string name)
    {
        var device = (await Succeed(context, new DeviceBind(name))).Id;
        var ioas = (await Succeed(context, new IoasAlloc())).Id;
        var parent = (await Succeed(context, new HwptAlloc(device, ioas, HwptAllocFlags.NestParent))).Id;
        await Succeed(context, new DeviceAttach(device, parent));
        return ((await Succeed(context, new ViommuAlloc(device, parent, ViommuType.ArmSmmuv3))).Id, ioas);
    }

    /// <summary>A context with a device on an IOAS that has a page mapped.</summary>
    private static async Task<ObjectId> Used(SimulatorHarness iommu)
    {
        var ioas = await iommu.Ioas();
        await iommu.Expect(Errno.None, new DeviceAttach(await iommu.Bind(), ioas));
        await iommu.Expect(Errno.None, SimulatorHarness.Fixed(ioas, 0));
        return ioas;
    }

    private static async Task<Answer> Succeed(IommufdContext context, Call call)
    {
        var answer = await context.CallAsync(call);
        Assert.Equal(Errno.None, answer.Errno);
        return answer;
    }

    private static HwptInvalidate Invalidations(ObjectId viommu, int count) =>
        new(viommu, InvalidateDataType.ArmSmmuv3, 16, count, new byte[16 * count]);

    /// <summary>Memory that is not there yet when it is pinned, as that of a process which serves its own page faults.</summary>
    private sealed class SlowMemory(IUserMemory memory, ManualResetEventSlim arrives) : IUserMemory
    {
        public Errno Pin(ulong userAddress, Span<ulong> pages)
        {
            arrives.Wait();
            return memory.Pin(userAddress, pages);
        }

        public void Unpin(ReadOnlySpan<ulong> pages) => memory.Unpin(pages);

        public Errno Read(ulong userAddress, Span<byte> destination) => memory.Read(userAddress, destination);

        public Errno Write(ulong userAddress, ReadOnlySpan<byte> source) => memory.Write(userAddress, source);

        public ulong? Translate(ulong userAddress) => memory.Translate(userAddress);

        public int PinsOf(ulong userAddress) => memory.PinsOf(userAddress);

        public Errno ReadPinned(ulong physical, Span<byte> destination) => memory.ReadPinned(physical, destination);

        public Errno WritePinned(ulong physical, ReadOnlySpan<byte> source) => memory.WritePinned(physical, source);
    }
}
