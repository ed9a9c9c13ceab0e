using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Uapi;

/// <summary>What is made on devices, and done with it.</summary>
internal sealed partial class SensibleCalls
{
    private (Ioctl, byte[]) Making() => _random.Next(8) switch
    {
        0 or 1 => Of(Ioctl.HwptAlloc, new IommuHwptAlloc
        {
            DevId = Any(ObjectType.Device),
            PtId = Any(ObjectType.Ioas),
            Flags = (HwptAllocFlags)_random.Next(16),
            FaultId = Any(ObjectType.Fault),
        }),
        2 => Of(Ioctl.HwptAlloc, new IommuHwptAlloc
        {
            DevId = Any(ObjectType.Device),
            PtId = Any(_random.Next(2) == 0 ? ObjectType.Viommu : ObjectType.HwptPaging),
            Flags = (HwptAllocFlags)(_random.Next(2) * 4),
            FaultId = Any(ObjectType.Fault),
            DataType = HwptDataType.Selftest,
            DataLen = 8,
            DataUptr = arrays,
        }),
        3 => Of(Ioctl.ViommuAlloc, new IommuViommuAlloc
        {
            Type = ViommuType.Selftest,
            DevId = Any(ObjectType.Device),
            HwptId = Any(ObjectType.HwptPaging),
            DataLen = (uint)_random.Next(2) * 24,
            DataUptr = arrays,
        }),
        4 => Of(Ioctl.VdeviceAlloc, new IommuVdeviceAlloc
        {
            ViommuId = Any(ObjectType.Viommu),
            DevId = Any(ObjectType.Device),
            VirtId = (ulong)_random.Next(8),
        }),
        5 => Of(Ioctl.HwQueueAlloc, new IommuHwQueueAlloc
        {
            ViommuId = Any(ObjectType.Viommu),
            Type = HwQueueType.Selftest,
            Index = (uint)_random.Next(3),
            NestingParentIova = Iova(),
            Length = 4096,
        }),
        6 => Of(Ioctl.FaultQueueAlloc, new IommuFaultAlloc()),
        _ => Of(Ioctl.VeventqAlloc, new IommuVeventqAlloc
        {
            ViommuId = Any(ObjectType.Viommu),
            Type = VeventqType.Selftest,
            VeventqDepth = 4,
        }),
    };

    private (Ioctl, byte[]) OnHwpt() => _random.Next(4) switch
    {
        0 => Of(Ioctl.HwptInvalidate, new IommuHwptInvalidate
        {
            HwptId = Any(_random.Next(2) == 0 ? ObjectType.Viommu : ObjectType.HwptNested),
            DataType = InvalidateDataType.Selftest,
            DataUptr = arrays + 4096,
            EntryLen = _random.Next(2) == 0 ? 8u : 12,
            EntryNum = (uint)_random.Next(300),
        }),
        1 => Of(Ioctl.GetHwInfo, new IommuHwInfo { DevId = Any(ObjectType.Device), DataLen = 16, DataUptr = arrays }),
        2 => Of(Ioctl.HwptSetDirtyTracking, new IommuHwptSetDirtyTracking
        {
            HwptId = Any(ObjectType.HwptPaging),
            Flags = (DirtyTrackingFlags)_random.Next(2),
        }),
        _ => Of(Ioctl.HwptGetDirtyBitmap, new IommuHwptGetDirtyBitmap
        {
            HwptId = Any(ObjectType.HwptPaging),
            Iova = Iova(),
            Length = Pages(64),
            PageSize = 4096,
            Data = arrays,
        }),
    };

    private (Ioctl, byte[]) Testing() => Of(Ioctl.TestCmd, _random.Next(12) switch
    {
        0 or 1 => new IommuTestCmd { Op = TestOp.MockDomain, Id = Any(ObjectType.Ioas) },
        2 => new IommuTestCmd { Op = TestOp.MockDomainFlags, Id = Any(ObjectType.HwptPaging), MockDomain = new() { DevFlags = 4 } },
        3 => new IommuTestCmd
        {
            Op = TestOp.MockDomainReplace,
            Id = Any(ObjectType.Selftest),
            Word = Any((ObjectType)_random.Next((int)ObjectType.Ioas, (int)ObjectType.HwptNested + 1)),
        },
        4 => new IommuTestCmd
        {
            Op = _random.Next(2) == 0 ? TestOp.PasidAttach : TestOp.PasidReplace,
            Id = Any(ObjectType.Selftest),
            Pasid = new() { Pasid = (uint)_random.Next(1020, 1026), PtId = Any(ObjectType.HwptPaging) },
        },
        5 => new IommuTestCmd { Op = TestOp.PasidDetach, Id = Any(ObjectType.Selftest), Pasid = new() { Pasid = 1024 } },
        6 => new IommuTestCmd { Op = TestOp.TriggerIopf, TriggerIopf = new() { DevId = Any(ObjectType.Device), Grpid = 1 } },
        7 => new IommuTestCmd { Op = TestOp.TriggerVevent, Word = Any(ObjectType.Device) },
        8 => new IommuTestCmd
        {
            Op = TestOp.CreateAccess,
            Id = Any(ObjectType.Ioas),
            CreateAccess = new() { Flags = MockAccessCreateFlags.NeedsPinPages },
        },
        9 => new IommuTestCmd { Op = TestOp.AccessPages, Id = File(), AccessPages = new() { Iova = Iova(), Length = Pages(2) } },
        10 => new IommuTestCmd { Op = TestOp.AccessRw, Id = File(), AccessRw = new() { Iova = Iova(), Length = 100, Uptr = arrays } },
        _ => new IommuTestCmd { Op = TestOp.AccessReplaceIoas, Id = File(), Word = Any(ObjectType.Ioas) },
    });

    private uint File() => _files.Count == 0 ? 0 : _files[_random.Next(_files.Count)];
}
