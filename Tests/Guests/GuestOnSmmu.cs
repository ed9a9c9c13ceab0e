using Iommu.Tests.Hardware.Smmuv3;
using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;

namespace Iommu.Tests.Guests;

/// <summary>A synthetic guest with two vCPUs and two devices, the first with an ATC, on an SMMUv3 without any actor.</summary>
internal sealed class GuestOnSmmu
{
    private readonly IViommuDriver _viommu;

    public GuestOnSmmu(Func<Smmu, CommandQueue, ICommandQueue>? decorate = null)
    {
        Machine = Smmuv3Machine.Create(new() { DevicesPerSmmu = 2, DevicesWithAts = 1, DecorateQueue = decorate });
        Guest = new GuestDriver(new GuestMemory(Machine.Memory, Machine.CreateProcess()), new GuestLayout(2, 2), [true, false]);
        var driver = Machine.Drivers[0];
        var parent = driver.AllocPaging(Machine.Devices[0], HwptAllocFlags.NestParent).Value!;
        foreach (var segment in Guest.Memory.Segments)
            parent.Map(segment.Start, segment.Frames[0], segment.LengthBytes, Access.ReadWrite);
        _viommu = driver.AllocViommu(Machine.Devices[0], parent).Value!;
        for (var i = 0; i < 2; i++)
        {
            _viommu.AddVdevice(Machine.Devices[i], Guest.Spaces[i].StreamId);
            var nested = _viommu.AllocNested(Guest.Spaces[i].DeviceEntry()).Value!;
            Plan.Run(driver.Attach(Machine.Devices[i], null, nested).Value!);
        }
    }

    public Smmuv3Machine Machine { get; }

    public GuestDriver Guest { get; }

    /// <summary>IOMMU_HWPT_INVALIDATE without an actor.</summary>
    public Answer Invalidate(HwptInvalidate call)
    {
        var prepared = _viommu.Invalidate(call.DataType, call.Entries.Span, call.EntryLength, call.EntryNum);
        if (prepared.Batch is { } batch) Plan.Run(batch);
        return new Answer(prepared.Errno, (ulong)prepared.Handled);
    }

    /// <summary>Issues what the edit asks for, to its end, as the trapped path does.</summary>
    public void Invalidate(GuestEdit edit)
    {
        var call = edit.Commands.ToCall(ObjectId.None);
        var prepared = _viommu.Invalidate(call.DataType, call.Entries.Span, call.EntryLength, call.EntryNum);
        Assert.Equal((edit.ExpectsRefusal ? Errno.EIO : Errno.None, edit.ExpectedHandled), (prepared.Errno, prepared.Handled));
        Plan.Run(prepared.Batch!);
    }
}
