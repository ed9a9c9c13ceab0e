using System.Runtime.InteropServices;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Uapi;

/// <summary>Calls by a seed that may well succeed, on objects that earlier ones have made.</summary>
internal sealed class SensibleCalls(int seed, ulong arrays)
{
    private readonly Random _random = new(seed);
    private readonly Dictionary<ObjectType, List<uint>> _made = [];

    public (Ioctl Number, byte[] Structure) Next() => _random.Next(19) is var kind && kind < 9 ? OnMemory(kind) : OnGuest(kind);

    private (Ioctl Number, byte[] Structure) OnMemory(int kind) => kind switch
    {
        0 => Of(Ioctl.IoasAlloc, new IommuIoasAlloc()),
        1 => Of(Ioctl.TestCmd, new IommuTestCmd { Op = TestOp.MockDomain, Id = Any(ObjectType.Ioas) }),
        2 => Of(Ioctl.IoasMap, new IommuIoasMap
        {
            IoasId = Any(ObjectType.Ioas),
            Flags = MockUapiCalls.Rights | (IoasMapFlags)_random.Next(2),
            UserVa = arrays + Pages(16),
            Length = Pages(8),
            Iova = Iova(),
        }),
        3 => Of(Ioctl.IoasUnmap, new IommuIoasUnmap { IoasId = Any(ObjectType.Ioas), Iova = Iova(), Length = Pages(16) }),
        4 => Of(Ioctl.IoasCopy, new IommuIoasCopy
        {
            DstIoasId = Any(ObjectType.Ioas),
            SrcIoasId = Any(ObjectType.Ioas),
            Flags = IoasMapFlags.Readable,
            SrcIova = Iova(),
            Length = Pages(2),
        }),
        5 => Of(Ioctl.HwptAlloc, new IommuHwptAlloc
        {
            DevId = Any(ObjectType.Device),
            PtId = Any(ObjectType.Ioas),
            Flags = (HwptAllocFlags)_random.Next(4),
        }),
        6 => Of(Ioctl.HwptAlloc, new IommuHwptAlloc
        {
            DevId = Any(ObjectType.Device),
            PtId = Any(_random.Next(2) == 0 ? ObjectType.Viommu : ObjectType.HwptPaging),
            DataType = HwptDataType.Selftest,
            DataLen = 8,
            DataUptr = arrays,
        }),
        7 => Of(Ioctl.ViommuAlloc, new IommuViommuAlloc
        {
            Type = ViommuType.Selftest,
            DevId = Any(ObjectType.Device),
            HwptId = Any(ObjectType.HwptPaging),
            DataLen = (uint)_random.Next(2) * 24,
            DataUptr = arrays,
        }),
        _ => Of(Ioctl.VdeviceAlloc, new IommuVdeviceAlloc
        {
            ViommuId = Any(ObjectType.Viommu),
            DevId = Any(ObjectType.Device),
            VirtId = (ulong)_random.Next(8),
        }),
    };

    private (Ioctl Number, byte[] Structure) OnGuest(int kind) => kind switch
    {
        9 => Of(Ioctl.HwQueueAlloc, new IommuHwQueueAlloc
        {
            ViommuId = Any(ObjectType.Viommu),
            Type = HwQueueType.Selftest,
            Index = (uint)_random.Next(3),
            NestingParentIova = Iova(),
            Length = 4096,
        }),
        10 => Of(Ioctl.HwptInvalidate, new IommuHwptInvalidate
        {
            HwptId = Any(_random.Next(2) == 0 ? ObjectType.Viommu : ObjectType.HwptNested),
            DataType = InvalidateDataType.Selftest,
            DataUptr = arrays + 4096,
            EntryLen = _random.Next(2) == 0 ? 8u : 12,
            EntryNum = (uint)_random.Next(300),
        }),
        11 => Of(Ioctl.GetHwInfo, new IommuHwInfo { DevId = Any(ObjectType.Device), DataLen = 16, DataUptr = arrays }),
        12 => Of(Ioctl.HwptSetDirtyTracking, new IommuHwptSetDirtyTracking
        {
            HwptId = Any(ObjectType.HwptPaging),
            Flags = (DirtyTrackingFlags)_random.Next(2),
        }),
        13 => Of(Ioctl.HwptGetDirtyBitmap, new IommuHwptGetDirtyBitmap
        {
            HwptId = Any(ObjectType.HwptPaging),
            Iova = Iova(),
            Length = Pages(64),
            PageSize = 4096,
            Data = arrays,
        }),
        14 => Of(Ioctl.VfioIoas, new IommuVfioIoas { IoasId = Any(ObjectType.Ioas), Op = (VfioIoasOp)_random.Next(3) }),
        15 => Of(Ioctl.TestCmd, new IommuTestCmd
        {
            Op = TestOp.MockDomainReplace,
            Id = Any(ObjectType.Selftest),
            Word = Any(_random.Next(2) == 0 ? ObjectType.Ioas : ObjectType.HwptPaging),
        }),
        16 => Of(Ioctl.Option, new IommuOption
        {
            OptionId = OptionId.HugePages,
            Op = (OptionOp)_random.Next(2),
            ObjectId = Any(ObjectType.Ioas),
            Val64 = (ulong)_random.Next(2),
        }),
        _ => Of(Ioctl.Destroy, new IommuDestroy { Id = Any((ObjectType)_random.Next((int)ObjectType.Selftest + 1)) }),
    };

    public void Learn(Ioctl number, ReadOnlySpan<byte> structure)
    {
        switch (number)
        {
            case Ioctl.IoasAlloc:
                Made(ObjectType.Ioas, MemoryMarshal.Read<IommuIoasAlloc>(structure).OutIoasId);
                break;
            case Ioctl.HwptAlloc:
                var hwpt = MemoryMarshal.Read<IommuHwptAlloc>(structure);
                Made(hwpt.DataType == HwptDataType.None ? ObjectType.HwptPaging : ObjectType.HwptNested, hwpt.OutHwptId);
                break;
            case Ioctl.ViommuAlloc:
                Made(ObjectType.Viommu, MemoryMarshal.Read<IommuViommuAlloc>(structure).OutViommuId);
                break;
            case Ioctl.VdeviceAlloc:
                Made(ObjectType.Vdevice, MemoryMarshal.Read<IommuVdeviceAlloc>(structure).OutVdeviceId);
                break;
            case Ioctl.HwQueueAlloc:
                Made(ObjectType.HwQueue, MemoryMarshal.Read<IommuHwQueueAlloc>(structure).OutHwQueueId);
                break;
            case Ioctl.TestCmd when MemoryMarshal.Read<IommuTestCmd>(structure) is { Op: TestOp.MockDomain } made:
                Made(ObjectType.Selftest, made.MockDomain.OutStdevId);
                Made(ObjectType.Device, made.MockDomain.OutIdevId);
                break;
        }
    }

    private void Made(ObjectType type, uint id)
    {
        if (!_made.TryGetValue(type, out var ids)) _made[type] = ids = [];
        ids.Add(id);
        // Those of long ago are mostly gone.
        if (ids.Count > 8) ids.RemoveAt(0);
    }

    private uint Any(ObjectType type) => _made.TryGetValue(type, out var ids) ? ids[_random.Next(ids.Count)] : 0;

    private ulong Iova() => MockHarness.Aperture + Pages(32) - 4096;

    private ulong Pages(int max) => (ulong)_random.Next(1, max + 1) * 4096;

    private static (Ioctl, byte[]) Of<T>(Ioctl number, T structure) where T : unmanaged => (number, UapiCaller.Bytes(structure));
}
