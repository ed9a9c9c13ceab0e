using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Driver;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Captures;
using Iommu.Tests.TestKit;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>What a real VMM asked of Linux's driver, asked of ours: the answers must be the same.</summary>
public class GuestCallTests
{
    internal static readonly Dictionary<uint, uint> StreamIdOfVirtual = new()
    {
        [0x10] = 0x28, [0x21] = 0x30, [0x32] = 0x38, [0x43] = 0x40, [0x54] = 0x48, [0x65] = 0x50, [0x87] = 0x60,
    };

    private readonly Capture _capture = Capture.Open(TestData.Find("linux-nested-4k"));
    private readonly Smmuv3Machine _machine = Smmuv3Machine.Create(new()
    {
        DevicesPerSmmu = 12,
        Registers = () => new Registers { Idr0 = 0x0d44101b },
    });

    private readonly Smmuv3Viommu _viommu;

    public GuestCallTests()
    {
        var driver = _machine.Drivers[0];
        var parent = driver.AllocPaging(_machine.Devices[0], HwptAllocFlags.NestParent).Value!;
        _viommu = (Smmuv3Viommu)driver.AllocViommu(_machine.Devices[0], parent).Value!;
        foreach (var (vsid, sid) in StreamIdOfVirtual) _viommu.AddVdevice(_machine.Devices.First(device => device.StreamId == sid), vsid);
    }

    [Fact]
    public void Hardware_information_is_word_for_word_that_of_the_captured_kernel()
    {
        var expected = GuestCall.Read(_capture).OfType<GuestCall.HwInfo>().Single();
        var info = _machine.Drivers[0].HwInfo(_machine.Devices[0], HwInfoType.None).Value!;
        Assert.Equal(expected.Type, (int)info.Type);
        Assert.Equal(expected.Words, MemoryMarshal.Cast<byte, uint>(info.Data.Span).ToArray());
    }

    [Fact]
    public void Guest_stream_table_entries_are_accepted_and_refused_as_the_kernel_did()
    {
        foreach (var call in GuestCall.Read(_capture).OfType<GuestCall.StreamEntry>())
        {
            var bytes = new byte[16];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, call.Word0);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), call.Word1);
            Assert.Equal((call.Row, (Errno)call.Errno), (call.Row, _viommu.AllocNested(bytes).Errno));
        }
    }

    [Fact]
    public void Invalidation_arrays_are_answered_as_the_kernel_did_and_what_is_reported_handled_is_issued()
    {
        foreach (var call in GuestCall.Read(_capture).OfType<GuestCall.Invalidate>())
        {
            var prepared = Invalidate(call);
            Assert.Equal((call.Call, (Errno)call.Errno, call.Handled), (call.Call, prepared.Errno, prepared.Handled));
            Assert.Equal(call.Handled, Commands(prepared).Count(command => command.Opcode != Opcode.Sync));
        }
    }

    [Fact]
    public void The_commands_that_reach_the_queue_are_the_kernels_but_for_the_vmid()
    {
        var issued = _capture.Commands.Where(command => command.Opcode != Opcode.CfgiSte).ToList();
        var from = 0;
        foreach (var call in GuestCall.Read(_capture).OfType<GuestCall.Invalidate>().Where(call => call.Errno == 0))
        {
            var prepared = Invalidate(call);
            var wanted = Commands(prepared).Select(WithKernelVmid).ToList();
            var found = FindRun(issued, wanted, from);
            Assert.True(found >= 0, $"call {call.Call}: {wanted.Count} commands from {wanted[0]} are not in the stream after {from}");
            from = found + wanted.Count;
        }
        Assert.True(from > 3000, $"{from} commands were looked at");
    }

    private PreparedInvalidation Invalidate(GuestCall.Invalidate call) => _viommu.Invalidate(
        InvalidateDataType.ArmSmmuv3, MemoryMarshal.AsBytes<Command>(call.Entries), 16, call.Entries.Length);

    private static List<Command> Commands(PreparedInvalidation prepared) =>
        prepared.Batch is { } batch ? MemoryMarshal.Cast<ulong, Command>(batch.Words.Span).ToArray().ToList() : [];

    // The kernel gives a vIOMMU the VMID of its parent, 1 here; ours has one of its own.
    private Command WithKernelVmid(Command command) =>
        command.Opcode is >= Opcode.TlbiNhAll and < Opcode.TlbiNsnhAll && command.Vmid == _viommu.Vmid
            ? command with { Word0 = (command.Word0 & ~(0xFFFFUL << 32)) | (1UL << 32) } : command;

    private static int FindRun(List<Command> stream, List<Command> run, int from)
    {
        for (var start = from; start + run.Count <= stream.Count; start++)
        {
            var length = 0;
            while (length < run.Count && stream[start + length] == run[length]) length++;
            if (length == run.Count) return start;
        }
        return -1;
    }
}
