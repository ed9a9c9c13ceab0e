using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Driver;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Captures;
using Iommu.Tests.Hardware.Smmuv3;
using Iommu.Tests.TestKit;

namespace Iommu.Tests.Guests;

/// <summary>
/// Every call that a real VMM made, made of the simulator: the same answers, and the same commands in the hardware's queue.
/// </summary>
public class RecordedVmmTests : IAsyncLifetime
{
    private const int BatchCommands = 63;

    private readonly Capture _capture = Capture.Open(TestData.Find("linux-nested-4k"));
    private readonly List<Command> _queue = [];
    private readonly Smmuv3Machine _machine;
    private readonly Dictionary<uint, ObjectId> _devices = [];
    private ActorSystem _system = null!;
    private IommufdContext _context = null!;
    private ObjectId _viommu;

    public RecordedVmmTests() => _machine = Smmuv3Machine.Create(new()
    {
        DevicesPerSmmu = 12,
        Registers = () => new Registers { Idr0 = 0x0d44101b },
        DecorateQueue = (_, queue) => new Recorder(queue, _queue),
    });

    public async Task InitializeAsync()
    {
        _system = ActorSystem.Create("vmm", SimulatorConfig.None);
        var process = new UserProcess(_machine.CreateProcess());
        _context = await new IommuSimulator(_system, _machine.ToMachine()).OpenAsync("vmm", process);
        foreach (var (vsid, sid) in GuestCallTests.StreamIdOfVirtual)
            _devices[vsid] = await Id(new DeviceBind(_machine.Devices.First(device => device.StreamId == sid).Name));
        var first = _devices.First().Value;
        var parent = await Id(new HwptAlloc(first, await Id(new IoasAlloc()), HwptAllocFlags.NestParent));
        _viommu = await Id(new ViommuAlloc(first, parent, ViommuType.ArmSmmuv3));
        foreach (var (vsid, device) in _devices) await Id(new VdeviceAlloc(_viommu, device, vsid));
    }

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public async Task Every_call_is_answered_as_recorded()
    {
        var calls = 0;
        foreach (var call in GuestCall.Read(_capture))
        {
            switch (call)
            {
                case GuestCall.HwInfo info:
                    var answer = Assert.IsType<HwInfoAnswer>(await _context.CallAsync(new GetHwInfo(_devices[0x10])));
                    Assert.Equal(info.Words, MemoryMarshal.Cast<byte, uint>(answer.Data.Span).ToArray());
                    break;
                case GuestCall.StreamEntry entry:
                    byte[] words = [.. BitConverter.GetBytes(entry.Word0), .. BitConverter.GetBytes(entry.Word1)];
                    var nested = await _context.CallAsync(new HwptAlloc(
                        _devices[entry.VirtualStreamId], _viommu, DataType: HwptDataType.ArmSmmuv3, Data: words));
                    Assert.Equal((call.Row, (Errno)entry.Errno), (call.Row, nested.Errno));
                    break;
                case GuestCall.Invalidate invalidate:
                    var recorded = (call.Row, (Errno)invalidate.Errno, (ulong)invalidate.Handled);
                    Assert.Equal(recorded, Of(call, await _context.CallAsync(CallOf(invalidate))));
                    calls++;
                    break;
            }
        }
        Assert.Equal(434, calls);
    }

    [Fact]
    public async Task The_queue_has_the_recorded_commands_in_batches_of_63_with_a_sync_after_each()
    {
        var from = 0;
        var recorded = _capture.Commands.Where(command => command.Opcode != Opcode.CfgiSte).ToList();
        foreach (var call in GuestCall.Read(_capture).OfType<GuestCall.Invalidate>())
        {
            _queue.Clear();
            await _context.CallAsync(CallOf(call));
            Assert.Equal(call.Handled + (call.Handled + BatchCommands - 1) / BatchCommands, _queue.Count);
            for (var i = 0; i < _queue.Count; i++)
                Assert.Equal(i % (BatchCommands + 1) == BatchCommands || i == _queue.Count - 1, _queue[i].Opcode == Opcode.Sync);
            // L2: of a call that is refused half way the kernel has not issued what was left in its batch, and says that it has.
            var byTheKernel = call.Errno == 0 ? _queue.Count : call.Handled / BatchCommands * (BatchCommands + 1);
            from = Find(recorded, _queue.Select(AsRecorded).Take(byTheKernel).ToList(), from, call.Call);
        }
        Assert.True(from > 3_000, $"{from} recorded commands were passed");
    }

    private static (long, Errno, ulong) Of(GuestCall call, Answer answer) => (call.Row, answer.Errno, answer.Value);

    private HwptInvalidate CallOf(GuestCall.Invalidate call) => new(_viommu, InvalidateDataType.ArmSmmuv3, 16, call.Entries.Length,
        MemoryMarshal.AsBytes<Command>(call.Entries).ToArray());

    // The kernel gives a vIOMMU the VMID of its parent, 1 there; ours has one of its own.
    private Command AsRecorded(Command command)
    {
        var vmid = ((Smmuv3Viommu)_context.Table.Find(_viommu)!.Hardware!).Vmid;
        return command.Opcode is >= Opcode.TlbiNhAll and < Opcode.TlbiNsnhAll && command.Vmid == vmid
            ? command with { Word0 = (command.Word0 & ~(0xFFFFUL << 32)) | (1UL << 32) } : command;
    }

    private static int Find(List<Command> stream, List<Command> run, int from, int call)
    {
        for (var start = from; start + run.Count <= stream.Count; start++)
            if (run.SequenceEqual(stream.Skip(start).Take(run.Count))) return start + run.Count;
        Assert.Fail($"call {call}: {run.Count} commands from {run[0]} are not in the stream after {from}");
        return -1;
    }

    private async Task<ObjectId> Id(Call call)
    {
        var answer = await _context.CallAsync(call);
        Assert.Equal((call.GetType(), Errno.None), (call.GetType(), answer.Errno));
        return answer.Id;
    }

    private sealed class Recorder(ICommandQueue inner, List<Command> produced) : ICommandQueue
    {
        public string Name => inner.Name;

        public int WordsPerCommand => inner.WordsPerCommand;

        public ulong ConsumedTotal => inner.ConsumedTotal;

        public int Produce(ReadOnlySpan<ulong> words)
        {
            var taken = inner.Produce(words);
            for (var i = 0; i < taken; i += 2) produced.Add(new Command(words[i], words[i + 1]));
            return taken;
        }

        public QueueStep Step() => inner.Step();
    }
}
