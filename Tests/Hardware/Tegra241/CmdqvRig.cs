using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.Hardware.Tegra241.Driver;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;

namespace Iommu.Tests.Hardware.Tegra241;

/// <summary>A machine with a CMDQV, its driver called in a plain loop, and what one does with a guest's queue, in short.</summary>
internal sealed class CmdqvRig : IViommuServices
{
    public const int RingLog2 = 4;
    public const ulong RingBytes = 16UL << RingLog2;
    public static readonly CmdqvParameters Small = new(VintfsLog2: 2, VcmdqsLog2: 4, SidsLog2: 2);

    private ulong _offset = 0x1000;

    public CmdqvRig(CmdqvParameters? parameters = null, Func<IMmio, IMmio>? decorate = null) => Machine = Smmuv3Machine.Create(new()
    {
        Cmdqv = parameters ?? Small,
        DecorateCmdqv = decorate,
        DevicesPerSmmu = 8,
        DevicesWithAts = 2,
    });

    public Smmuv3Machine Machine { get; }

    public Cmdqv Cmdqv => Machine.Cmdqvs[0];

    public IIommuDriver Driver => Machine.Drivers[0];

    public List<(VeventqType Type, byte[] Data)> Events { get; } = [];

    public Dictionary<ulong, ulong> Regions { get; } = [];

    public bool RefusesMmap { get; set; }

    /// <summary>What happens at the SMMU's own queue when a plan runs.</summary>
    public Queue<Action> BeforeBatches { get; } = new();

    public static UserData Data(int length = 16) => new(ViommuType.Tegra241Cmdqv, new byte[length]);

    public Result<IViommuDriver> AllocViommu(UserData? data = null) =>
        Driver.AllocViommu(Machine.Devices[0], Parent(), data ?? Data(), this);

    public IPagingDomain Parent() => Driver.AllocPaging(Machine.Devices[0], HwptAllocFlags.NestParent).Value!;

    public Tegra241Viommu Viommu() => (Tegra241Viommu)AllocViommu().Value!;

    public ulong Ring(ulong lengthBytes = RingBytes) => Machine.Frames.Allocate(lengthBytes <= 4096 ? 0 : 4)!.Value;

    public Result<IHwQueueDriver> Init(IViommuDriver viommu, uint index, ulong ring, ulong lengthBytes = RingBytes) =>
        viommu.InitHwQueue(HwQueueType.Tegra241Cmdqv, index, 0, ring, lengthBytes);

    /// <summary>The guest's side of a queue; not switched on.</summary>
    public VcmdqRing Guest(Tegra241Viommu viommu, ulong ring, int index = 0) =>
        new($"guest {viommu.Vintf}.{index}", Machine.Memory, ring, RingLog2, Page0(viommu), index);

    public ulong Page0(Tegra241Viommu viommu) => Regions[BitConverter.ToUInt64(viommu.UserDataBack.Span)];

    /// <summary>A queue of a new guest's, switched on.</summary>
    public (Tegra241Viommu Viommu, VcmdqRing Guest, Vcmdq Queue, IHwQueueDriver Driver) Enabled()
    {
        var viommu = Viommu();
        var ring = Ring();
        var driver = Init(viommu, 0, ring).Value!;
        var guest = Guest(viommu, ring);
        guest.Enable();
        return (viommu, guest, Cmdqv.Vintfs[viommu.Vintf].Logical(0)!, driver);
    }

    public void Run(IEnumerable<CommandBatch> plan)
    {
        foreach (var batch in plan)
        {
            if (BeforeBatches.TryDequeue(out var action)) action();
            Plan.Run(batch);
        }
    }

    /// <summary>Steps a queue until it does nothing more.</summary>
    public static QueueStep Drain(ICommandQueue queue)
    {
        QueueStep step;
        while ((step = queue.Step()) == QueueStep.Progress) { }
        return step;
    }

    public Result<ulong> AllocMmap(ulong physical, ulong lengthBytes)
    {
        if (RefusesMmap) return Errno.ENOMEM;
        Assert.Equal(0x1_0000UL, lengthBytes);
        Regions[_offset] = physical;
        return (_offset += lengthBytes) - lengthBytes;
    }

    public void FreeMmap(ulong offset) => Assert.True(Regions.Remove(offset));

    public void ReportEvent(VeventqType type, ReadOnlyMemory<byte> data) => Events.Add((type, data.ToArray()));
}
