using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>Calls with user data, mostly such as the IOMMU in question knows.</summary>
internal sealed partial class CallGenerator
{
    public uint Pasid() => OneIn(3) ? Pick<uint>(1, 2, 7, MockRules.FailingPasid, 1 << 20) : 0;

    public AttachMode AttachMode() =>
        OneIn(2) ? Messages.AttachMode.AttachOrReplace : Pick(Messages.AttachMode.Attach, Messages.AttachMode.Replace);

    public HwptAlloc PagingAlloc()
    {
        var flags = Pick(HwptAllocFlags.None, HwptAllocFlags.NestParent, HwptAllocFlags.NestParent, HwptAllocFlags.DirtyTracking,
            HwptAllocFlags.Pasid, HwptAllocFlags.Pasid, HwptAllocFlags.NestParent | HwptAllocFlags.Pasid);
        if (OneIn(30)) flags = Pick((HwptAllocFlags)0x80, HwptAllocFlags.FaultIdValid,
            HwptAllocFlags.FaultIdValid | HwptAllocFlags.NestParent);
        if (OneIn(8)) flags |= HwptAllocFlags.FaultIdValid;
        var call = new HwptAlloc(Id<DeviceObject>(), Id<IoasObject>(), flags, FaultQueue: OneIn(6) ? AnyId() : Id<FaultObject>());
        if (!OneIn(6)) return call;
        var data = Pick<byte[]>(Words(0, 1), Words(0, 1), Words(0, 0), Words(0, 5), Words(1), Words(1, 0, 0), new byte[3], []);
        return call with { DataType = OneIn(8) ? HwptDataType.ArmSmmuv3 : HwptDataType.Selftest, Data = data };
    }

    public HwptAlloc NestedAlloc(ObjectId parent)
    {
        var mock = IsMock(parent) ^ OneIn(30);
        var flags = OneIn(5) ? HwptAllocFlags.Pasid : OneIn(30) ? HwptAllocFlags.NestParent : HwptAllocFlags.None;
        var data = mock ? Pick(Words(7, 0), Words(7), Words(7, 0)) : new byte[16];
        if (OneIn(30)) data = Pick(new byte[3], Words(7, 0, 0));
        if (OneIn(8)) flags |= HwptAllocFlags.FaultIdValid;
        var type = mock ? HwptDataType.Selftest : HwptDataType.ArmSmmuv3;
        return new HwptAlloc(Id<DeviceObject>(), parent, flags, type, OneIn(30) ? default : data, Id<FaultObject>());
    }

    public ViommuAlloc ViommuAlloc()
    {
        var device = Id<DeviceObject>();
        var mock = IsMock(device) ^ OneIn(40);
        var type = OneIn(30) ? ViommuType.Default : mock ? ViommuType.Selftest : ViommuType.ArmSmmuv3;
        var data = mock && OneIn(2) ? Pick(Words(5, 0, 0, 0, 0, 0), Words(5, 0, 0, 0, 0, 0), Words(5, 0), Words(5), new byte[32]) : [];
        return new ViommuAlloc(device, Id<PagingObject>(), type, OneIn(40) ? 1u : 0, data);
    }

    /// <summary>Entries as the target's IOMMU knows them; some of them bad.</summary>
    public HwptInvalidate Invalidate()
    {
        var target = OneIn(8) ? AnyId() : OneIn(3) ? Id<NestedObject>() : Id<ViommuObject>();
        var mock = IsMock(target) ^ OneIn(30);
        var length = !mock ? 16 : _model.Find<NestedObject>(target) is not null ? 8 : 12;
        if (OneIn(20)) length = Pick(0, 4, 20, 4097);
        var entries = new byte[length * random.Next(4)];
        for (var i = 0; length > 0 && i < entries.Length; i += length)
        {
            if (!mock) entries[i] = OneIn(6) ? (byte)0xff : (byte)0;
            else for (var word = 0; word < 3 && word * 4 < length; word++) entries[i + word * 4] = (byte)random.Next(OneIn(6) ? 12 : 2);
        }
        var type = mock ? InvalidateDataType.Selftest : InvalidateDataType.ArmSmmuv3;
        var count = length == 0 ? random.Next(3) : entries.Length / length;
        return new HwptInvalidate(target, OneIn(20) ? InvalidateDataType.VtdS1 : type, length, count, entries);
    }

    private bool IsMock(ObjectId id) => _model.Find<ModelObject>(id) switch
    {
        DeviceObject device => _model.Machine.Find(device.Name)!.Iommu is MockRules,
        HwptObject hwpt => hwpt.Iommu is MockRules,
        ViommuObject viommu => viommu.Iommu is MockRules,
        _ => true,
    };

    private static byte[] Words(params uint[] words) => [.. words.SelectMany(BitConverter.GetBytes)];
}
