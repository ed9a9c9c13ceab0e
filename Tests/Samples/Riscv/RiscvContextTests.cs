using System.Buffers.Binary;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Hardware;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Cli;
using RiscvIommu;
using RiscvIommu.Driver;
using RiscvIommu.Formats;

namespace Iommu.Tests.Samples.Riscv;

/// <summary>The sample driver under the core: its own types go through calls, journal and recovery, which know none of them.</summary>
public sealed class RiscvContextTests : IDisposable
{
    private const uint VirtualId = 0x18;
    private const int Pscid = 7;

    private readonly TempFolder _folder = new();
    private IommufdContext _context = null!;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_guest_is_served_and_hears_of_its_own_faults()
    {
        var host = new GuestOnRiscv();
        await using var system = await OpenAsync(host);
        var viommu = await SetUpAsync(host);
        Assert.Equal(host.Target + 8, host.Reach(GuestOnRiscv.Iova + 8));

        var (_, queue) = await _context.CallAsync<EventQueueAnswer>(new VeventqAlloc(viommu, RiscvTypes.Veventq, 8));
        host.Unmap();
        Assert.Equal(1UL, (await Done(new HwptInvalidate(viommu, RiscvTypes.Invalidate, Command.Bytes, 1, Vma()))).Value);
        Assert.Null(host.Reach(GuestOnRiscv.Iova + 8));
        var record = await RecordAsync(queue!.File);
        var header = (ulong)FaultCause.ReadPage | (2UL << 34) | ((ulong)VirtualId << 40);
        Assert.Equal(header, BinaryPrimitives.ReadUInt64LittleEndian(record.Span));
        Assert.Equal(GuestOnRiscv.Iova + 8, BinaryPrimitives.ReadUInt64LittleEndian(record.Span[16..]));
    }

    [Fact]
    public async Task A_guest_is_there_again_on_a_new_host()
    {
        var before = new GuestOnRiscv();
        await using (await OpenAsync(before)) await SetUpAsync(before);

        var host = new GuestOnRiscv();
        await using var system = await OpenAsync(host);
        Assert.Equal(host.Target + 8, host.Reach(GuestOnRiscv.Iova + 8));
        Assert.Equal(
            [ObjectType.Device, ObjectType.Ioas, ObjectType.HwptPaging, ObjectType.Viommu, ObjectType.Vdevice, ObjectType.HwptNested],
            Enumerable.Range(1, 6).Select(id => _context.Table.Find(new ObjectId((uint)id))!.Type));
    }

    private async Task<OpenSystem> OpenAsync(GuestOnRiscv host)
    {
        var system = ActorSystem.Create("riscv", SimulatorConfig.Sqlite(_folder["riscv.db"]));
        _context = await new IommuSimulator(system, host.Machine).OpenAsync("guest", host.Process);
        return new OpenSystem(system);
    }

    private async Task<ObjectId> SetUpAsync(GuestOnRiscv host)
    {
        var device = await Id(new DeviceBind(host.Device.Name));
        var ioas = await Id(new IoasAlloc());
        await Done(new IoasMap(ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable,
            host.RamInProcess, GuestOnRiscv.RamBytes, GuestOnRiscv.Ram));
        var parent = await Id(new HwptAlloc(device, ioas, HwptAllocFlags.NestParent));
        var viommu = await Id(new ViommuAlloc(device, parent, RiscvTypes.Viommu));
        await Id(new VdeviceAlloc(viommu, device, VirtualId));
        var nested = await Id(new HwptAlloc(device, viommu, DataType: RiscvTypes.Hwpt, Data: Entry()));
        await Done(new DeviceAttach(device, nested));
        return viommu;
    }

    private async Task<ObjectId> Id(Call call) => (await Done(call)).Id;

    private async Task<Answer> Done(Call call)
    {
        var answer = await _context.CallAsync(call);
        Assert.Equal(Errno.None, answer.Errno);
        return answer;
    }

    // A header of 8 bytes, then the record.
    private static async Task<ReadOnlyMemory<byte>> RecordAsync(EventFile file)
    {
        Assert.True((await file.PollAsync(TimeSpan.FromSeconds(10))).Events != 0);
        var read = await file.ReadAsync(64);
        Assert.Equal((Errno.None, 8 + FaultRecord.Bytes), (read.Errno, read.Bytes.Length));
        return read.Bytes[8..];
    }

    private static byte[] Entry() =>
        Bytes(DeviceContext.Valid, DeviceContext.Attributes(Pscid), DeviceContext.First(DeviceContext.Sv48, GuestOnRiscv.Ram));

    private static byte[] Vma() => Bytes(Command.Vma().OfPscid(Pscid).Word0, 0);

    private static byte[] Bytes(params ulong[] words)
    {
        var bytes = new byte[words.Length * 8];
        for (var i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), words[i]);
        return bytes;
    }

    private sealed class OpenSystem(ActorSystem system) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await system.Terminate();
    }
}
