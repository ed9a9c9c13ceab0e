using Iommu.Messages;

namespace Iommu.TestKit.Stress;

/// <summary>The spare device: bound and unbound, attached to everything, with a vDEVICE that races with all of it.</summary>
internal sealed partial class ControllerActor
{
    private const ulong SpareVirtualId = 0xF000;

    // Tombstones stand until the context closes: a run of hours must not collect them for ever.
    private const int TombstonesMax = 256;

    private ObjectId _spare;
    private ObjectId _vdevice;
    private ObjectId _attachedTo;

    private async Task BindSpare() => _spare = await Create(new DeviceBind(_settings.Spare), ObjectType.Device);

    private async Task AttachSpare()
    {
        if (_spare == ObjectId.None) return;
        ObjectId[] targets = [_second, Vmm.NestParent, Vmm.Nested[0], _nested, .. _hwpts];
        var target = targets[_random.Below(targets.Length)];
        if (target == ObjectId.None) return;
        // A guest's first stage needs the device to be known to that guest's vIOMMU; what is attached already stays.
        var isUnknown = target == _nested || (target == Vmm.Nested[0] && _vdevice == ObjectId.None);
        var isRefused = isUnknown && Vmm.Iommu.NestedNeedsVdevice && target != _attachedTo;
        var answer = await Call(new DeviceAttach(_spare, target), isRefused ? Errno.ENOENT : Errno.None);
        if (answer.Errno == Errno.None) _attachedTo = target;
    }

    private async Task DetachSpare()
    {
        if (_spare == ObjectId.None) return;
        await Call(new DeviceDetach(_spare));
        _attachedTo = ObjectId.None;
    }

    private async Task UnbindOrBindSpare()
    {
        if (_spare == ObjectId.None)
        {
            await BindSpare();
            return;
        }
        if (_vdevice != ObjectId.None && _ids.Tombstones >= TombstonesMax) return;
        await Call(new DeviceUnbind(_spare));
        ForgetSpare();
    }

    private async Task AllocOrDestroyVdevice()
    {
        if (_spare == ObjectId.None || Vmm.Iommu.Viommu is null) return;
        if (_vdevice == ObjectId.None)
        {
            _vdevice = await Create(new VdeviceAlloc(Vmm.Viommu, _spare, SpareVirtualId), ObjectType.Vdevice);
            return;
        }
        if (Chance(3))
        {
            await Call(new VdeviceAlloc(Vmm.Viommu, _spare, SpareVirtualId + 1), Errno.EEXIST);
            return;
        }
        await Destroy(_vdevice);
        _vdevice = ObjectId.None;
    }

    private async Task AttachWhileDestroying()
    {
        var id = _hwpts.Find(hwpt => hwpt != _attachedTo);
        if (_spare == ObjectId.None || id == ObjectId.None) return;
        var answers = await Task.WhenAll(Begin(new DeviceAttach(_spare, id)), Begin(new Destroy(id)));
        switch (answers[0].Errno, answers[1].Errno)
        {
            case (Errno.None, Errno.EBUSY):
                _attachedTo = id;
                break;
            case (Errno.ENOENT, Errno.None):
                NoteDestroyed(id);
                _hwpts.Remove(id);
                break;
            default:
                Report($"attach to and destroy of hwpt {id} at once were answered {answers[0].Errno} and {answers[1].Errno}");
                break;
        }
    }

    private async Task UnbindWhileAllocatingVdevice()
    {
        if (Vmm.Iommu.Viommu is null || _spare == ObjectId.None || _vdevice != ObjectId.None) return;
        if (_ids.Tombstones >= TombstonesMax) return;
        var answers = await Task.WhenAll(
            Begin(new VdeviceAlloc(Vmm.Viommu, _spare, SpareVirtualId)), Begin(new DeviceUnbind(_spare)));
        // A vDEVICE that was made before the device went has gone with it (B09).
        if (answers[0].Errno == Errno.None) _vdevice = answers[0].Id;
        if (answers[0].Errno is not (Errno.None or Errno.ENOENT) || answers[1].Errno != Errno.None)
            Report($"vDEVICE_ALLOC and unbind at once were answered {answers[0].Errno} and {answers[1].Errno}");
        ForgetSpare();
    }

    private async Task UnbindWhileDestroyingVdevice()
    {
        if (_spare == ObjectId.None || _vdevice == ObjectId.None || _ids.Tombstones >= TombstonesMax) return;
        var answers = await Task.WhenAll(Begin(new Destroy(_vdevice)), Begin(new DeviceUnbind(_spare)));
        if (answers[0].Errno is not (Errno.None or Errno.ENOENT) || answers[1].Errno != Errno.None)
            Report($"destroy of a vDEVICE and unbind at once were answered {answers[0].Errno} and {answers[1].Errno}");
        if (answers[0].Errno == Errno.None)
        {
            NoteDestroyed(_vdevice);
            _vdevice = ObjectId.None;
        }
        ForgetSpare();
    }

    /// <summary>The spare device was unbound: detached, and its vDEVICE, if it still had one, a tombstone.</summary>
    private void ForgetSpare()
    {
        NoteDestroyed(_spare);
        if (_vdevice != ObjectId.None)
        {
            _ids.Tombstoned(_vdevice);
            _lookups.Tombstoned(_vdevice);
        }
        (_spare, _vdevice, _attachedTo) = (ObjectId.None, ObjectId.None, ObjectId.None);
    }
}
