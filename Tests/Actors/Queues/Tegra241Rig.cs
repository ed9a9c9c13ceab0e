using Iommu.Actors;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;

namespace Iommu.Tests.Actors.Queues;

internal sealed class Tegra241Rig : IQueueRig
{
    private const int FirstGuest = 1;

    private readonly Smmuv3Machine _machine = Smmuv3Machine.Create(new() { Cmdqv = new CmdqvParameters(2, 3, 1) });
    private readonly RigMemory _memory;
    private VcmdqRing _ring = null!;

    public Tegra241Rig()
    {
        var memory = _machine.CreateProcess();
        (Machine, Process, _memory) = (_machine.ToMachine(), new UserProcess(memory), new RigMemory(_machine.Memory, memory));
    }

    public Machine Machine { get; }

    public UserProcess Process { get; }

    public IDoorbellQueue Queue => _machine.Cmdqvs[0].Vintfs[FirstGuest].Logical(0)!;

    public bool IsEmpty => _ring.Consumer == _ring.Producer;

    public bool IsReset => _machine.Cmdqvs[0].Vcmdqs.All(queue => queue.Owner is null) && !_machine.Cmdqvs[0].Vintfs[FirstGuest].IsEnabled;

    public async Task SetUp(IommufdContext context)
    {
        var page = await _memory.SetUp(
            context, _machine.Devices[0].Name, ViommuType.Tegra241Cmdqv, HwQueueType.Tegra241Cmdqv, RegisterMap.PageBytes);
        _ring = new VcmdqRing("guest", _machine.Memory, _memory.Physical(RigMemory.Ring), 8, page, 0);
        _ring.Enable();
    }

    public void Issue(int invalidations)
    {
        var one = Command.NhVa(0, 5, 0x1000, leaf: true);
        for (var i = 0; i < invalidations; i++) Produce(one);
        Produce(VcmdqRing.Sync);
    }

    public void IssueBad()
    {
        Produce(new Command(0, 0));
        Produce(VcmdqRing.Sync);
    }

    public void Mend() => _ring.Replace(VcmdqRing.Sync);

    private void Produce(Command command)
    {
        _ring.Step();
        Assert.Equal(2, _ring.Produce([command.Word0, command.Word1]));
    }
}
