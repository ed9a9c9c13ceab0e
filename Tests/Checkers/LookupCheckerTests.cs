using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.TestKit.Checkers;

namespace Iommu.Tests.Checkers;

public class LookupCheckerTests
{
    private static readonly ObjectId Id = new(3);

    private readonly ObjectTable _table = new();
    private readonly Findings _findings = new();
    private readonly LookupChecker _checker;

    public LookupCheckerTests() => _checker = new LookupChecker("test", _table, _findings);

    [Fact]
    public void What_is_created_found_destroyed_and_not_found_passes()
    {
        Publish(ObjectType.Ioas);
        _checker.Created(Id, ObjectType.Ioas);
        _checker.Check();
        _table.Withdraw(Id);
        _checker.Destroyed(Id);
        _checker.Check();
        Assert.Empty(_findings.All);
    }

    [Fact]
    public void An_object_that_was_created_and_is_not_there_is_found_as_I2()
    {
        _checker.Created(Id, ObjectType.Ioas);
        AssertFound("I2", "Ioas 3 was created, but a lookup finds nothing");
    }

    [Fact]
    public void An_object_that_is_visible_before_it_has_its_hardware_is_found_as_I2()
    {
        Publish(ObjectType.Viommu);
        _checker.Created(Id, ObjectType.Viommu);
        AssertFound("I2", "visible before it is initialised");
    }

    [Fact]
    public void An_object_that_outlives_its_destroy_is_found_as_I2()
    {
        Publish(ObjectType.Ioas);
        _checker.Created(Id, ObjectType.Ioas);
        _checker.Destroyed(Id);
        _checker.Check();
        AssertFound("I2", "was destroyed, but a lookup still finds it");
    }

    [Fact]
    public void An_object_that_vanishes_is_found_as_I2()
    {
        Publish(ObjectType.Ioas);
        _checker.Created(Id, ObjectType.Ioas);
        _table.Withdraw(Id);
        _checker.Check();
        AssertFound("I2", "Ioas 3 exists, but a lookup finds nothing");
    }

    [Fact]
    public void A_tombstone_that_is_visible_is_found_as_I2()
    {
        _checker.Tombstoned(Id);
        Publish(ObjectType.Ioas);
        _checker.Check();
        AssertFound("I2", "a tombstone stands on 3");
    }

    private void Publish(ObjectType type) => _table.Publish(new ObjectEntry(Id, type, ActorRefs.Nobody, null));

    private void AssertFound(string invariant, string what)
    {
        var found = Assert.Single(_findings.All);
        Assert.Equal(invariant, found.Invariant);
        Assert.Contains(what, found.What);
    }
}
