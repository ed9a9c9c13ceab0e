using Iommu.Messages;
using Iommu.TestKit.Checkers;

namespace Iommu.Tests.Checkers;

public class IdCheckerTests
{
    private static readonly ObjectId Id = new(3);

    private readonly Findings _findings = new();
    private readonly IdChecker _checker;

    public IdCheckerTests() => _checker = new IdChecker("test", _findings);

    [Fact]
    public void An_id_that_is_used_again_after_its_object_was_destroyed_passes()
    {
        _checker.Created(Id, ObjectType.Ioas);
        _checker.Destroyed(Id);
        _checker.Created(Id, ObjectType.Viommu);
        Assert.Empty(_findings.All);
    }

    [Fact]
    public void An_id_that_is_handed_out_twice_is_found_as_I3()
    {
        _checker.Created(Id, ObjectType.Ioas);
        _checker.Created(Id, ObjectType.Viommu);
        AssertFound("test: Viommu got id 3, which names a Ioas");
    }

    [Fact]
    public void An_id_that_is_handed_out_under_a_tombstone_is_found_as_I3()
    {
        _checker.Created(Id, ObjectType.Vdevice);
        _checker.Tombstoned(Id);
        Assert.Equal(1, _checker.Tombstones);
        _checker.Created(Id, ObjectType.Ioas);
        AssertFound("test: Ioas got id 3, on which a tombstone stands");
    }

    private void AssertFound(string what)
    {
        var found = Assert.Single(_findings.All);
        Assert.Equal(("I3", what), (found.Invariant, found.What));
    }
}
