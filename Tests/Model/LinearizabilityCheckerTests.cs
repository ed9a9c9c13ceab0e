using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Model;

namespace Iommu.Tests.Model;

/// <summary>The checker of histories finds what was planted, and lets pass what the kernel could have done.</summary>
public class LinearizabilityCheckerTests
{
    private const IoasMapFlags Fixed = IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable;
    private const ulong Iova = 0x10000;

    private static readonly ModelMachine Machine = ModelWorld.Describe();
    private static readonly ObjectId Ioas = new(1);

    [Fact]
    public void Calls_that_overlap_may_have_come_in_any_order() => AssertFits(
        Done(new IoasUnmap(Ioas, Iova, 0x1000), Unmapped(0x1000), 1, 4),
        Done(Map(), Mapped(), 2, 3));

    [Fact]
    public void Calls_that_do_not_overlap_have_come_in_the_order_of_time() => AssertBreaks("IoasUnmap",
        Done(new IoasUnmap(Ioas, Iova, 0x1000), Unmapped(0x1000), 1, 2),
        Done(Map(), Mapped(), 3, 4));

    [Fact]
    public void Two_cannot_both_have_mapped_one_place() => AssertBreaks("IoasMap",
        Done(Map(), Mapped(), 1, 4),
        Done(Map(), Mapped(), 2, 3));

    [Fact]
    public void Two_cannot_both_have_destroyed_one_object() => AssertBreaks("Destroy",
        Done(new Destroy(Ioas), Answer.Success, 1, 4),
        Done(new Destroy(Ioas), Answer.Success, 2, 3));

    [Fact]
    public void One_id_is_not_given_to_two_objects() => AssertBreaks("IoasAlloc",
        Done(new IoasAlloc(), new ObjectId(2), 1, 4),
        Done(new IoasAlloc(), new ObjectId(2), 2, 3));

    [Fact]
    public void An_id_is_passed_over_only_while_another_call_may_hold_it()
    {
        AssertFits(Done(new IoasAlloc(), new ObjectId(3), 1, 4), Done(new IoasAlloc(), new ObjectId(2), 2, 3));
        AssertBreaks("IoasAlloc", Done(new IoasAlloc(), new ObjectId(3), 1, 2), Done(new IoasAlloc(), new ObjectId(2), 3, 4));
    }

    [Fact]
    public void DESTROY_is_busy_only_while_another_call_holds_the_object()
    {
        AssertFits(Done(new Destroy(Ioas), Errno.EBUSY, 1, 4), Done(Map(), Mapped(), 2, 3));
        AssertBreaks("Destroy", Done(new Destroy(Ioas), Errno.EBUSY, 1, 2), Done(Map(), Errno.ENOENT, 3, 4));
    }

    [Fact]
    public void A_state_that_no_order_leaves_is_found()
    {
        var operations = new[] { Done(Map(), Mapped(), 1, 2) };
        Assert.Null(LinearizabilityChecker.Check(Before(), new History(operations, After(Map()))));
        Assert.NotNull(LinearizabilityChecker.Check(Before(), new History(operations, ModelText.Of(Before()))));
    }

    [Fact]
    public void The_explanation_shows_the_answer_that_does_not_fit()
    {
        var history = new History([Done(Map(), Errno.ENOMEM, 1, 2)], ModelText.Of(Before()));
        var why = LinearizabilityChecker.Check(Before(), history);
        Assert.Contains("would then be", why, StringComparison.Ordinal);
        Assert.Contains("ENOMEM", why, StringComparison.Ordinal);
    }

    /// <summary>The calls fit in some order, and its end is not looked at beyond being one that an order of them leaves.</summary>
    private static void AssertFits(params Operation[] operations) =>
        Assert.Contains(Ends(operations), end => LinearizabilityChecker.Check(Before(), new History(operations, end)) is null);

    private static void AssertBreaks(string call, params Operation[] operations)
    {
        foreach (var end in Ends(operations))
        {
            var why = LinearizabilityChecker.Check(Before(), new History(operations, end));
            Assert.NotNull(why);
            Assert.Contains(call, why, StringComparison.Ordinal);
        }
    }

    /// <summary>What two calls leave in either order, and what each leaves alone.</summary>
    private static List<string> Ends(Operation[] operations)
    {
        var calls = operations.Select(operation => operation.Call).ToArray();
        return
        [
            After(calls), After([.. calls.Reverse()]), .. calls.Select(call => After(call)),
            .. operations.Select(operation => After(operation.Answer.Id)),
        ];
    }

    private static string After(params Call[] calls)
    {
        var model = Before();
        foreach (var call in calls) model.Step(call);
        return ModelText.Of(model);
    }

    private static string After(ObjectId made)
    {
        var model = Before();
        if (made != ObjectId.None) model.Step(new IoasAlloc(), made);
        return ModelText.Of(model);
    }

    private static IommufdModel Before()
    {
        var model = new IommufdModel(Machine, ModelState.Empty);
        Assert.Equal(Ioas, model.Step(new IoasAlloc()).Id);
        return model;
    }

    private static Operation Done(Call call, Answer answer, long invokedAt, long answeredAt) =>
        new((int)invokedAt, call, answer, invokedAt, answeredAt);

    private static IoasMap Map() => new(Ioas, Fixed, Machine.Memory[0].Start, 0x1000, Iova);

    private static Answer Mapped() => new(Errno.None, Iova);

    private static Answer Unmapped(ulong bytes) => new(Errno.None, bytes);
}
