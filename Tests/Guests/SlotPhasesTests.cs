using Iommu.TestKit.Guests;

namespace Iommu.Tests.Guests;

public class SlotPhasesTests
{
    private const int Versions = 4;

    private readonly SlotPhases _slots = new(1);

    [Fact]
    public void A_mapped_page_must_translate_to_its_version()
    {
        Map();
        AssertAllowed([0], fault: false, _slots.Read(0), _slots.Read(0));
    }

    [Fact]
    public void Until_an_unmap_is_reported_handled_the_old_version_or_a_fault_may_be_seen()
    {
        Map();
        _slots.BeginUnmap(0);
        AssertAllowed([0], fault: true, _slots.Read(0), _slots.Read(0));
    }

    [Fact]
    public void After_it_was_reported_handled_the_old_version_must_not_be_seen()
    {
        Map();
        _slots.BeginUnmap(0);
        _slots.EndUnmap(0);
        AssertAllowed([], fault: true, _slots.Read(0), _slots.Read(0));
        _slots.BeginMap(0);
        AssertAllowed([1], fault: true, _slots.Read(0), _slots.Read(0));
        _slots.EndMap(0);
        AssertAllowed([1], fault: false, _slots.Read(0), _slots.Read(0));
    }

    [Fact]
    public void A_transaction_that_overlaps_changes_may_see_any_version_that_was_there_meanwhile()
    {
        for (var i = 0; i < 5; i++) Remap();
        Map();
        var before = _slots.Read(0);
        Unmap();
        Map();
        Unmap();
        // Versions 5 and 6 were there, 7 not yet; told apart modulo 4.
        AssertAllowed([1, 2], fault: true, before, _slots.Read(0));
    }

    [Fact]
    public void Phases_come_in_their_order()
    {
        Assert.Throws<InvalidOperationException>(() => _slots.BeginUnmap(0));
        Map();
        Assert.Throws<InvalidOperationException>(() => _slots.BeginMap(0));
    }

    private void AssertAllowed(int[] residues, bool fault, long before, long after)
    {
        for (var residue = 0; residue < Versions; residue++)
            Assert.Equal((residue, residues.Contains(residue)), (residue, SlotPhases.Allows(before, after, residue, Versions)));
        Assert.Equal(fault, SlotPhases.Allows(before, after, -1, Versions));
    }

    private void Remap()
    {
        Map();
        Unmap();
    }

    private void Map()
    {
        _slots.BeginMap(0);
        _slots.EndMap(0);
    }

    private void Unmap()
    {
        _slots.BeginUnmap(0);
        _slots.EndUnmap(0);
    }
}
