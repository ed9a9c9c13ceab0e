using Iommu.Actors.Core;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Objects;

/// <summary>What the VFIO compatibility asks of the IOAS that is set for it (vfio_compat.c), besides mapping and unmapping.</summary>
internal sealed partial class IoasActor
{
    private bool OnVfio(object message)
    {
        switch (message)
        {
            case VfioIoas:
                _environment.Context.Tell(new Journal([new VfioIoasSet(_lifetime.Id)], Answer.Success, (Self, Release.Call)), Sender);
                return true;
            case VfioSetIommu { Type: VfioExtension.Type1 }:
                HugePages(new Option(OptionId.HugePages, OptionOp.Set, _lifetime.Id));
                return true;
            case VfioSetIommu:
                End(Sender, Answer.Success);
                return true;
            case VfioCheckExtension:
                End(Sender, new Answer(Errno.None, _pagetable.Domains.All(domain => domain.EnforcesCoherency) ? 1UL : 0));
                return true;
            case VfioGetInfo:
                var sizes = VfioRules.PageSizes(_pagetable.PageSizes, _pagetable.IovaAlignment);
                End(Sender, new VfioInfoAnswer(Errno.None, sizes, _pagetable.UsableRanges));
                return true;
            default:
                return false;
        }
    }
}
