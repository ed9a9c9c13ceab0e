using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors.Core.Ioas;

/// <summary>
/// IOAS_CHANGE_PROCESS once every IOAS stands still (ioas.c, iommufd_ioas_change_process): all pins of a context are charged to
/// another process, or none.
/// </summary>
public static class ProcessChange
{
    /// <summary>The refusal of one IOAS by its areas, in order of IOVA: EBUSY in transition, EINVAL no file's.</summary>
    public static Errno Check(IEnumerable<IoArea> areas)
    {
        foreach (var area in areas)
        {
            if (area.State != AreaState.Mapped) return Errno.EBUSY;
            if (!area.Pages.CanChangeProcess) return Errno.EINVAL;
        }
        return Errno.None;
    }

    /// <param name="pages">The pages of every area; those that areas share may be there several times.</param>
    /// <param name="process">Who is charged from now on.</param>
    /// <returns>ENOMEM over the limit of the process, as if all came on top of what it has; nothing has changed then.</returns>
    public static Errno Apply(IEnumerable<PinnedPages> pages, UserProcess process)
    {
        var changing = pages.Distinct().Where(item => item.Account!.Process != process).ToList();
        var charged = new List<(PinAccount Account, long Pages)>();
        foreach (var mode in changing.GroupBy(item => item.Account!.Mode).OrderBy(mode => mode.Key))
        {
            var account = new PinAccount(process, mode.Key);
            var total = mode.Sum(item => item.PinnedCount);
            if (!account.TryCharge(total))
            {
                foreach (var earlier in charged) earlier.Account.Uncharge(earlier.Pages);
                return Errno.ENOMEM;
            }
            charged.Add((account, total));
        }
        foreach (var item in changing) item.ChangeAccount(new PinAccount(process, item.Account!.Mode));
        return Errno.None;
    }
}
