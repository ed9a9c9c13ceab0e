using Iommu.Actors;
using Iommu.Hardware.Amd;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Queues;
using Iommu.Messages.Uapi;
using Iommu.Tests.Hardware.Amd;

namespace Iommu.Tests.Actors.Queues;

internal sealed class AmdRig : IQueueRig
{
    private readonly AmdMachine _machine = AmdMachine.Create();
    private readonly RigMemory _memory;
    private GuestRegisters _registers = null!;

    public AmdRig()
    {
        var memory = _machine.CreateProcess();
        (Machine, Process, _memory) = (_machine.ToMachine(), new UserProcess(memory), new RigMemory(_machine.Memory, memory));
    }

    public Machine Machine { get; }

    public UserProcess Process { get; }

    public IDoorbellQueue Queue => _machine.Iommus[0].Guests[0].CommandBuffer;

    public bool IsEmpty => Head == Tail;

    public bool IsReset => (Head, Tail, _registers.Status) == (0, 0, QueueStatus.None);

    private uint Head => _registers.Read(QueueRegisters.CommandHeadOffset);

    private uint Tail => _registers.Read(QueueRegisters.CommandTailOffset);

    public async Task SetUp(IommufdContext context) => _registers = new GuestRegisters(_machine.Memory, await _memory.SetUp(
        context, _machine.Devices[0].Name, ViommuType.Amd, HwQueueType.AmdCommandBuffer, PhysicalMemory.PageBytes));

    public void Issue(int invalidations)
    {
        for (var i = 0; i < invalidations; i++) Put(Command.All());
        Put(Command.Wait());
    }

    public void IssueBad()
    {
        Put(new Command(0, 0));
        Put(Command.Wait());
    }

    public void Mend()
    {
        _memory.Write(_memory.Physical(RigMemory.Ring + Head), Command.Wait().Word0, 0);
        _registers.Restart(QueueStatus.CommandBufferRunning);
    }

    private void Put(Command command)
    {
        _memory.Write(_memory.Physical(RigMemory.Ring + Tail), command.Word0, command.Word1);
        _registers.Write(QueueRegisters.CommandTailOffset, (uint)((Tail + CommandBuffer.CommandBytes) % RigMemory.RingBytes));
    }
}
