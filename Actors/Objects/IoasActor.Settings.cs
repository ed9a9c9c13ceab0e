using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Objects;

/// <summary>Where may be mapped, how, and what leads where.</summary>
internal sealed partial class IoasActor
{
    private bool OnSetting(object message)
    {
        switch (message)
        {
            case IoasAllowIovas call:
                EndSet(_pagetable.Allow(call.Ranges, call.RangesFault), new IovasAllowed([.. call.Ranges]));
                return true;
            case IoasReserve call:
                var range = new IovaRange(call.Start, call.Start + (call.LengthBytes - 1));
                EndSet(_pagetable.ReserveForGood(range), new IovasReserved(range.Start, range.Last));
                return true;
            case IoasIovaRanges call:
                var usable = _pagetable.UsableRanges;
                var errno = (uint)usable.Count > call.RangesMax ? Errno.EMSGSIZE : Errno.None;
                End(Sender, new IovaRangesAnswer(errno, usable, _pagetable.IovaAlignment));
                return true;
            case IoasNoiommuGetPa call:
                End(Sender, _pagetable.GetPhysical(call.Iova, call.LengthBytes));
                return true;
            case Option option:
                HugePages(option);
                return true;
            default:
                if (!OnVfio(message)) End(Sender, Errno.ENOTTY);
                return true;
        }
    }

    /// <summary>ioas.c, iommufd_ioas_option_huge_pages.</summary>
    private void HugePages(Option option)
    {
        if (CallRules.HugePages(option) is var refused and not Errno.None)
        {
            End(Sender, refused);
            return;
        }
        var before = _pagetable.LargePages;
        switch (option)
        {
            case { Op: OptionOp.Get }:
                End(Sender, new Answer(Errno.None, before ? 1UL : 0));
                break;
            case { Value: 0 }:
                var errno = _pagetable.DisableLargePages();
                if (errno == Errno.None && before) Persist(new LargePagesSet(false));
                End(Sender, errno);
                break;
            default:
                _pagetable.EnableLargePages();
                if (!before) Persist(new LargePagesSet(true));
                End(Sender, new Answer(Errno.None, 1));
                break;
        }
    }

    private void EndSet(Errno errno, MappingEvent happened)
    {
        if (errno == Errno.None) Persist(happened);
        End(Sender, errno);
    }
}
