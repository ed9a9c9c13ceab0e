using Iommu.Actors;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Vtd;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors.Queues;

internal sealed class VtdRig : IQueueRig
{
    private readonly VtdMachine _machine = VtdMachine.Create();
    private readonly RigMemory _memory;
    private ulong _page;

    public VtdRig()
    {
        var memory = _machine.CreateProcess();
        (Machine, Process, _memory) = (_machine.ToMachine(), new UserProcess(memory), new RigMemory(_machine.Memory, memory));
    }

    public Machine Machine { get; }

    public UserProcess Process { get; }

    public IDoorbellQueue Queue => _machine.Units[0].GuestQueues[0];

    public bool IsEmpty => Head == Tail;

    public bool IsReset => (Head, Tail, _memory.Read(_page + GuestInvalidationQueue.ErrorOffset)) == (0, 0, 0);

    private ulong Head => _memory.Read(_page + GuestInvalidationQueue.HeadOffset);

    private ulong Tail => _memory.Read(_page + GuestInvalidationQueue.TailOffset);

    public async Task SetUp(IommufdContext context) => _page = await _memory.SetUp(
        context, _machine.Devices[0].Name, ViommuType.VtdDirect, HwQueueType.VtdInvalidation, PhysicalMemory.PageBytes);

    public void Issue(int invalidations)
    {
        for (var i = 0; i < invalidations; i++) Put(Descriptor.IotlbAll());
        Put(Descriptor.Fence());
    }

    public void IssueBad()
    {
        Put(Descriptor.ContextCacheAll());
        Put(Descriptor.Fence());
    }

    public void Mend()
    {
        _memory.Write(_memory.Physical(RigMemory.Ring + Head), Descriptor.Fence().Word0, 0);
        _memory.Write(_page + GuestInvalidationQueue.ErrorOffset, 0);
    }

    private void Put(Descriptor descriptor)
    {
        _memory.Write(_memory.Physical(RigMemory.Ring + Tail), descriptor.Word0, descriptor.Word1, 0, 0);
        _memory.Write(_page + GuestInvalidationQueue.TailOffset, (Tail + Descriptor.Bytes) % RigMemory.RingBytes);
    }
}
