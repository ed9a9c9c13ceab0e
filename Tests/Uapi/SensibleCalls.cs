using System.Runtime.InteropServices;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Uapi;

/// <summary>Calls by a seed that may well succeed, on objects and files that earlier ones have made.</summary>
internal sealed partial class SensibleCalls(int seed, ulong arrays)
{
    /// <summary>Those of long ago are mostly gone.</summary>
    private const int KnownMax = 8;

    private readonly Random _random = new(seed);
    private readonly Dictionary<ObjectType, List<uint>> _made = [];
    private readonly List<uint> _files = [];

    public (Ioctl Number, byte[] Structure) Next() => _random.Next(5) switch
    {
        0 => OnIoas(),
        1 => Making(),
        2 => OnHwpt(),
        3 => Testing(),
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
            case Ioctl.FaultQueueAlloc:
                Made(ObjectType.Fault, MemoryMarshal.Read<IommuFaultAlloc>(structure).OutFaultId);
                break;
            case Ioctl.VeventqAlloc:
                Made(ObjectType.Veventq, MemoryMarshal.Read<IommuVeventqAlloc>(structure).OutVeventqId);
                break;
            case Ioctl.TestCmd:
                Learn(MemoryMarshal.Read<IommuTestCmd>(structure));
                break;
        }
    }

    private void Learn(in IommuTestCmd command)
    {
        if (command.Op == TestOp.CreateAccess) Add(_files, command.CreateAccess.OutAccessFd);
        if (command.Op is not (TestOp.MockDomain or TestOp.MockDomainFlags)) return;
        Made(ObjectType.Selftest, command.MockDomain.OutStdevId);
        Made(ObjectType.Device, command.MockDomain.OutIdevId);
    }

    private (Ioctl, byte[]) OnIoas() => _random.Next(9) switch
    {
        0 => Of(Ioctl.IoasAlloc, new IommuIoasAlloc()),
        1 or 2 => Of(Ioctl.IoasMap, new IommuIoasMap
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
        5 => Of(Ioctl.IoasMapFile, new IommuIoasMapFile
        {
            IoasId = Any(ObjectType.Ioas),
            Flags = MockUapiCalls.Rights,
            Fd = _random.Next(4),
            Length = Pages(8),
        }),
        6 => Of(Ioctl.VfioIoas, new IommuVfioIoas { IoasId = Any(ObjectType.Ioas), Op = (VfioIoasOp)_random.Next(3) }),
        7 => Of(Ioctl.IoasIovaRanges, new IommuIoasIovaRanges { IoasId = Any(ObjectType.Ioas), NumIovas = 4, AllowedIovas = arrays }),
        _ => Of(Ioctl.Option, new IommuOption
        {
            OptionId = OptionId.HugePages,
            Op = (OptionOp)_random.Next(2),
            ObjectId = Any(ObjectType.Ioas),
            Val64 = (ulong)_random.Next(2),
        }),
    };

    private void Made(ObjectType type, uint id)
    {
        if (!_made.TryGetValue(type, out var ids)) _made[type] = ids = [];
        Add(ids, id);
    }

    private static void Add(List<uint> known, uint number)
    {
        known.Add(number);
        if (known.Count > KnownMax) known.RemoveAt(0);
    }

    private uint Any(ObjectType type) => _made.TryGetValue(type, out var ids) ? ids[_random.Next(ids.Count)] : 0;

    private ulong Iova() => MockHarness.Aperture + Pages(32) - 4096;

    private ulong Pages(int max) => (ulong)_random.Next(1, max + 1) * 4096;

    private static (Ioctl, byte[]) Of<T>(Ioctl number, T structure) where T : unmanaged => (number, UapiCaller.Bytes(structure));
}
