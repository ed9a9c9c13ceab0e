using System.Runtime.InteropServices;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Driver;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Captures;
using Iommu.TestKit.Drivers;
using Iommu.Tests.Hardware.Smmuv3;

namespace Iommu.Tests.Guests;

/// <summary>
/// Every call that a real VMM made, made of the simulator: the same answers, and the same commands in the hardware's queue.
/// </summary>
public class RecordedVmmTests
{
    private const int BatchCommands = 63;

    [Fact]
    public async Task Every_call_is_answered_as_recorded()
    {
        await using var vmm = await RecordedVmm.StartAsync();
        var calls = 0;
        foreach (var call in GuestCall.Read(vmm.Capture))
        {
            switch (call)
            {
                case GuestCall.HwInfo info:
                    var answer = Assert.IsType<HwInfoAnswer>(await vmm.Context.CallAsync(new GetHwInfo(vmm.Device(0x10))));
                    Assert.Equal(info.Words, MemoryMarshal.Cast<byte, uint>(answer.Data.Span).ToArray());
                    break;
                case GuestCall.StreamEntry entry:
                    byte[] words = [.. BitConverter.GetBytes(entry.Word0), .. BitConverter.GetBytes(entry.Word1)];
                    var nested = await vmm.Context.CallAsync(new HwptAlloc(
                        vmm.Device(entry.VirtualStreamId), vmm.Viommu, DataType: HwptDataType.ArmSmmuv3, Data: words));
                    Assert.Equal((call.Row, (Errno)entry.Errno), (call.Row, nested.Errno));
                    break;
                case GuestCall.Invalidate invalidate:
                    Assert.Equal(Recorded(invalidate), Of(call, await vmm.CallAsync(invalidate)));
                    calls++;
                    break;
            }
        }
        Assert.Equal(434, calls);
    }

    [Fact]
    public async Task The_queue_has_the_recorded_commands_in_batches_of_63_with_a_sync_after_each()
    {
        await using var vmm = await RecordedVmm.StartAsync();
        var refused = 0;
        var passed = await FollowQueueAsync(vmm, ((Smmuv3Viommu)vmm.ViommuHardware).Vmid, call =>
        {
            Assert.Equal(call.Handled + (call.Handled + BatchCommands - 1) / BatchCommands, vmm.Queue.Count);
            // L2: of a call that is refused half way the kernel has not issued what was left in its batch, and says that it has.
            if (call.Errno == 0) return vmm.Queue.Count;
            refused++;
            return IssuedByTheKernel(call);
        });
        Assert.True(passed > 3_000, $"{passed} recorded commands were passed");
        Assert.True(refused > 0);
    }

    /// <summary>
    /// With L2 put back the answers are the recorded ones still, and so is the whole queue: what a refused call says that it has handled
    /// and has not issued (1 and 0, 100 and 63) is the kernel's own.
    /// </summary>
    [Fact]
    public async Task With_L2_put_back_the_queue_is_as_the_kernel_left_it()
    {
        await using var vmm = await RecordedVmm.StartAsync(inner => new UnissuedRemainder(inner));
        var lost = new List<(int Handled, int Issued)>();
        var vmid = ((UnissuedRemainder.Viommu)vmm.ViommuHardware).Vmid;
        await FollowQueueAsync(vmm, vmid, call =>
        {
            if (call.Errno == 0) return vmm.Queue.Count;
            Assert.Equal(IssuedByTheKernel(call), vmm.Queue.Count);
            lost.Add((call.Handled, vmm.Queue.Count(command => command.Opcode != Opcode.Sync)));
            return vmm.Queue.Count;
        });
        Assert.Contains((1, 0), lost);
        Assert.Contains((100, 63), lost);
    }

    /// <summary>Makes every recorded invalidation, and finds what the queue was given for it in the recorded stream, in order.</summary>
    /// <param name="vmm">Set up.</param>
    /// <param name="vmid">The vIOMMU's.</param>
    /// <param name="comparable">How many of the commands given for a call the kernel has issued too.</param>
    /// <returns>How far in the stream that went.</returns>
    private static async Task<int> FollowQueueAsync(RecordedVmm vmm, int vmid, Func<GuestCall.Invalidate, int> comparable)
    {
        var from = 0;
        var recorded = vmm.Capture.Commands.Where(command => command.Opcode != Opcode.CfgiSte).ToList();
        foreach (var call in GuestCall.Read(vmm.Capture).OfType<GuestCall.Invalidate>())
        {
            vmm.Queue.Clear();
            Assert.Equal(Recorded(call), Of(call, await vmm.CallAsync(call)));
            for (var i = 0; i < vmm.Queue.Count; i++)
                Assert.Equal(i % (BatchCommands + 1) == BatchCommands || i == vmm.Queue.Count - 1, vmm.Queue[i].Opcode == Opcode.Sync);
            var run = vmm.Queue.Take(comparable(call)).Select(command => AsRecorded(command, vmid)).ToList();
            from = Find(recorded, run, from, call.Call);
        }
        return from;
    }

    private static int IssuedByTheKernel(GuestCall.Invalidate call) => call.Handled / BatchCommands * (BatchCommands + 1);

    private static (long, Errno, ulong) Recorded(GuestCall.Invalidate call) => (call.Row, (Errno)call.Errno, (ulong)call.Handled);

    private static (long, Errno, ulong) Of(GuestCall call, Answer answer) => (call.Row, answer.Errno, answer.Value);

    // The kernel gives a vIOMMU the VMID of its parent, 1 there; ours has one of its own.
    private static Command AsRecorded(Command command, int vmid) =>
        command.Opcode is >= Opcode.TlbiNhAll and < Opcode.TlbiNsnhAll && command.Vmid == vmid
            ? command with { Word0 = (command.Word0 & ~(0xFFFFUL << 32)) | (1UL << 32) } : command;

    private static int Find(List<Command> stream, List<Command> run, int from, int call)
    {
        for (var start = from; start + run.Count <= stream.Count; start++)
            if (run.SequenceEqual(stream.Skip(start).Take(run.Count))) return start + run.Count;
        Assert.Fail($"call {call}: {run.Count} commands from {run[0]} are not in the stream after {from}");
        return -1;
    }
}
