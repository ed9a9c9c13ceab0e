using Iommu.Messages;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress;

/// <summary>A vCPU of a synthetic guest: it remaps the guest's pages, and invalidates what it took out of the tables.</summary>
internal sealed class SyntheticVcpu : VcpuWork
{
    private readonly GuestDriver _driver;
    private readonly IReadOnlyList<ObjectId> _targets;
    private readonly int[] _spaces = new int[Lanes];
    private readonly GuestEdit[] _edits;
    private RandomBits _random;

    /// <param name="driver">The guest.</param>
    /// <param name="targets">Where invalidations about each of its address spaces go.</param>
    /// <param name="vcpu">Which vCPU.</param>
    /// <param name="seed">Of the run.</param>
    /// <param name="stream">Its random sequence.</param>
    public SyntheticVcpu(GuestDriver driver, IReadOnlyList<ObjectId> targets, int vcpu, int seed, int stream)
    {
        (_driver, _targets, _random) = (driver, targets, new RandomBits(seed, stream));
        var pages = driver.Layout.PagesPerVcpu / Lanes;
        _edits = [.. Enumerable.Range(0, Lanes)
            .Select(lane => new GuestEdit(driver.Layout, vcpu, lane * pages, pages, lane == 0, driver.Iommu))];
    }

    public override IReadOnlyList<ObjectId> Targets => _targets;

    public override HwptInvalidate Begin(int lane)
    {
        var choice = _random.Next();
        _spaces[lane] = _random.Below(_driver.Spaces.Count);
        _edits[lane].Begin(_driver.Spaces[_spaces[lane]], Kind((int)(choice >> 54)), (uint)choice);
        return CallOf(lane);
    }

    public override HwptInvalidate? Continue(int lane)
    {
        var edit = _edits[lane];
        if (edit.AtcIsNext)
        {
            edit.BeginAtc();
            return CallOf(lane);
        }
        edit.Finish();
        return null;
    }

    public override (Errno Errno, int Handled) Expected(int lane) =>
        (_edits[lane].ExpectsRefusal ? _driver.Iommu.RefusedErrno : Errno.None, _edits[lane].ExpectedHandled);

    private HwptInvalidate CallOf(int lane) => _edits[lane].Commands.ToCall(_targets[_spaces[lane]]);

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
