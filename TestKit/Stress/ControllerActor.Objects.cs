using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Stress;

/// <summary>Objects that come and go: HWPTs of the second IOAS, vIOMMUs and nested HWPTs on the guest's nest parent.</summary>
internal sealed partial class ControllerActor
{
    private const int HwptsMax = 3;

    private readonly List<ObjectId> _hwpts = [];
    private ObjectId _viommu;
    private ObjectId _nested;

    private async Task AllocHwpt()
    {
        if (_hwpts.Count >= HwptsMax) return;
        var flags = Chance(3) ? HwptAllocFlags.NestParent : HwptAllocFlags.None;
        var id = await Create(new HwptAlloc(Vmm.Devices[0], _second, flags), ObjectType.HwptPaging);
        if (id != ObjectId.None) _hwpts.Add(id);
    }

    private async Task DestroyHwpt()
    {
        if (_hwpts.Count == 0) return;
        var id = _hwpts[_random.Below(_hwpts.Count)];
        if (id == _attachedTo)
        {
            await Call(new Destroy(id), Errno.EBUSY);
            return;
        }
        await Destroy(id);
        _hwpts.Remove(id);
    }

    private async Task AllocOrDestroyViommu()
    {
        if (Vmm.Iommu.SpareViommu is not var (type, data)) return;
        if (_viommu == ObjectId.None)
        {
            _viommu = await Create(new ViommuAlloc(Vmm.Devices[0], Vmm.NestParent, type, 0, data), ObjectType.Viommu);
            return;
        }
        if (_nested != ObjectId.None)
        {
            await Call(new Destroy(_viommu), Errno.EBUSY);
            return;
        }
        await Destroy(_viommu);
        _viommu = ObjectId.None;
    }

    private async Task AllocOrDestroyNested()
    {
        var parent = Vmm.Iommu.Viommu is null ? Vmm.NestParent : _viommu;
        if (parent == ObjectId.None) return;
        if (_nested == ObjectId.None)
        {
            _nested = await Create(Vmm.NestedCall(Vmm.Devices[0], parent, Vmm.SomeDeviceEntry), ObjectType.HwptNested);
            return;
        }
        if (_nested == _attachedTo)
        {
            await Call(new Destroy(_nested), Errno.EBUSY);
            return;
        }
        await Destroy(_nested);
        _nested = ObjectId.None;
    }

    /// <summary>Of two that destroy the same object one gets it, and the other finds nothing.</summary>
    private async Task DestroyTwice()
    {
        var id = _hwpts.Find(hwpt => hwpt != _attachedTo);
        if (id == ObjectId.None) return;
        var answers = await Task.WhenAll(Begin(new Destroy(id)), Begin(new Destroy(id)));
        if (!answers.Select(answer => answer.Errno).Order().SequenceEqual([Errno.None, Errno.ENOENT]))
            Report($"two concurrent destroys of hwpt {id} were answered {answers[0].Errno} and {answers[1].Errno}");
        NoteDestroyed(id);
        _hwpts.Remove(id);
    }
}
