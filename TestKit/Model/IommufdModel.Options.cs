using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>OPTION (main.c, ioas.c) and VFIO_IOAS (vfio_compat.c).</summary>
internal sealed partial class IommufdModel
{
    private Answer Option(Option call) => call.OptionId switch
    {
        OptionId.RlimitMode => RlimitModeOption(call),
        OptionId.HugePages => HugePagesOption(call),
        _ => Errno.EOPNOTSUPP,
    };

    private Answer RlimitModeOption(Option call)
    {
        if (call.Object != ObjectId.None) return Errno.EOPNOTSUPP;
        if (call.Op == OptionOp.Get) return new Answer(Errno.None, State.RlimitMode);
        if (call.Op != OptionOp.Set) return Errno.EOPNOTSUPP;
        if ((machine.Capabilities & ProcessCapabilities.SysResource) == 0) return Errno.EPERM;
        if (!State.Objects.IsEmpty || !State.Tombstones.IsEmpty) return Errno.EBUSY;
        if (call.Value > 1) return Errno.EINVAL;
        State = State with { RlimitMode = call.Value };
        return new Answer(Errno.None, call.Value);
    }

    private Answer HugePagesOption(Option call)
    {
        if (Lookup<IoasObject>(call.Object) is not { } ioas) return Errno.ENOENT;
        if (call.Op == OptionOp.Get) return new Answer(Errno.None, ioas.LargePages ? 1UL : 0);
        if (call.Op != OptionOp.Set) return Errno.EOPNOTSUPP;
        if (call.Value > 1) return Errno.EINVAL;
        var set = SetLargePages(call.Object, call.Value == 1);
        return set.Errno == Errno.None ? new Answer(Errno.None, call.Value) : set;
    }

    /// <summary>iopt_disable_large_pages: not under the mappings of a domain, nor under areas that are not made of pages.</summary>
    private Answer SetLargePages(ObjectId id, bool enabled)
    {
        var ioas = Find<IoasObject>(id)!;
        if (!enabled && ioas.LargePages)
        {
            if (!ioas.Hwpts.IsEmpty && !ioas.Areas.IsEmpty) return Errno.EINVAL;
            if (!ioas.Areas.Values.All(area => IsAligned(area, ModelState.PageBytes))) return Errno.EADDRINUSE;
        }
        Set(id, ioas with { LargePages = enabled });
        return Answer.Success;
    }

    private Answer VfioIoas(VfioIoas call)
    {
        switch (call.Op)
        {
            case VfioIoasOp.Get:
                return State.VfioIoas == ObjectId.None ? Errno.ENODEV : State.VfioIoas;
            case VfioIoasOp.Set:
                if (Lookup<IoasObject>(call.Ioas) is null) return Errno.ENOENT;
                State = State with { VfioIoas = call.Ioas };
                return Answer.Success;
            case VfioIoasOp.Clear:
                State = State with { VfioIoas = ObjectId.None };
                return Answer.Success;
            default:
                return Errno.EOPNOTSUPP;
        }
    }
}
