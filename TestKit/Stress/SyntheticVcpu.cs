using Iommu.Messages;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress;

/// <summary>A vCPU of a synthetic guest: it remaps the guest's pages, and invalidates what it took out of the tables.</summary>
internal sealed class SyntheticVcpu : VcpuWork
{
    private readonly GuestSmmuDriver _driver;
    private readonly ObjectId _viommu;
    private readonly GuestEdit[] _edits;
    private RandomBits _random;

    public SyntheticVcpu(GuestSmmuDriver driver, ObjectId viommu, int vcpu, int seed, int stream)
    {
        (_driver, _viommu, _random) = (driver, viommu, new RandomBits(seed, stream));
        var pages = driver.Layout.PagesPerVcpu / Lanes;
        _edits = [.. Enumerable.Range(0, Lanes).Select(lane => new GuestEdit(driver.Layout, vcpu, lane * pages, pages, lane == 0))];
    }

    public override HwptInvalidate Begin(int lane)
    {
        var choice = _random.Next();
        _edits[lane].Begin(_driver.Spaces[_random.Below(_driver.Spaces.Count)], Kind((int)(choice >> 54)), (uint)choice);
        return _edits[lane].Commands.ToCall(_viommu);
    }

    public override HwptInvalidate? Continue(int lane)
    {
        var edit = _edits[lane];
        if (edit.AtcIsNext)
        {
            edit.BeginAtc();
            return edit.Commands.ToCall(_viommu);
        }
        edit.Finish();
        return null;
    }

    public override (Errno Errno, int Handled) Expected(int lane) =>
        (_edits[lane].ExpectsRefusal ? Errno.EIO : Errno.None, _edits[lane].ExpectedHandled);

    // Mostly pages; what empties caches wholesale is rare, as with real drivers.
    private static EditKind Kind(int tenBits) => tenBits switch
    {
        < 3 => EditKind.All,
        < 20 => EditKind.Asid,
        < 60 => EditKind.Ranges,
        < 70 => EditKind.Descriptor,
        < 85 => EditKind.Region,
        < 88 => EditKind.Refused,
        < 600 => EditKind.PagesWithLevel,
        _ => EditKind.Pages,
    };
}
