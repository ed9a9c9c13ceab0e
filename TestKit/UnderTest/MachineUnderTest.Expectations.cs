using Akka.Actor;
using Iommu.Actors.Contexts;
using Iommu.Messages;
using Iommu.Persistence.Graph;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Model;
using Iommu.TestKit.Stress;

namespace Iommu.TestKit.UnderTest;

/// <summary>What a test may expect of the context, and how it has calls fail.</summary>
public sealed partial class MachineUnderTest
{
    private const int StepsMax = 1_000;

    private static readonly TimeSpan LookPatience = TimeSpan.FromSeconds(30);

    private readonly HashSet<string> _expectedBroken = [];

    private IReadOnlyList<Violation> Broken => [.. Findings.All.Where(violation => !_expectedBroken.Contains(violation.Invariant))];

    /// <summary>
    /// Makes a call, and expects that it fails so and, by I12, leaves everything as it was: of what is documented to be done in part,
    /// only that. No other call may be under way.
    /// </summary>
    /// <param name="errno">How it fails.</param>
    /// <param name="call">The call.</param>
    /// <exception cref="ExpectationException">It succeeds, fails otherwise, or has changed something.</exception>
    public async Task ExpectErrnoAsync(Errno errno, Call call)
    {
        var answer = await CallWatchedAsync(call);
        if (answer.Errno != errno)
            throw new ExpectationException(
                $"expected {ModelText.Of(call)} to be answered {errno}, but the answer is {ModelText.Of(call, answer)}");
    }

    /// <summary>Expects that an object is gone: nothing finds it, and the journal does not have it. A tombstone may stand there.</summary>
    /// <exception cref="ExpectationException">It is there.</exception>
    public async Task ExpectGoneAsync(ObjectId id)
    {
        if (Context.Table.Find(id) is { } entry)
            throw new ExpectationException($"expected id {id} gone, but it names a {entry.Type.Name()}: {await DescribeAsync(id)}");
        if (await DescribeAsync(id) is { Length: > 0 } text)
            throw new ExpectationException($"expected id {id} gone, but nothing finds it and the journal has it: {text}");
    }

    /// <summary>Expects that no device has hit a translation that an invalidation should have removed (I8).</summary>
    /// <exception cref="ExpectationException">One has: which, and which invalidation.</exception>
    public void ExpectNoStaleHit()
    {
        var stale = Findings.All.Where(violation => violation.Invariant == "I8").ToList();
        if (stale.Count > 0) throw new ExpectationException($"expected no stale hit, but {ExpectationException.Text(stale)}", stale);
    }

    /// <summary>
    /// Expects that an invariant is broken by now: of a test that plants a fault, to show that it would be found. The end does not mind it
    /// then.
    /// </summary>
    /// <param name="invariant">Its name: <c>I8</c>.</param>
    /// <exception cref="ExpectationException">It is not.</exception>
    public Violation ExpectBroken(string invariant)
    {
        _expectedBroken.Add(invariant);
        var found = Findings.All;
        return found.FirstOrDefault(violation => violation.Invariant == invariant) ?? throw new ExpectationException(
            $"expected {invariant} broken, but {(found.Count > 0 ? ExpectationException.Text(found) : "everything holds")}", found);
    }

    /// <summary>
    /// Has the n-th step from now on fail that can fail in a creating call (fail-nth): a step of the core, before the driver or behind it.
    /// </summary>
    /// <param name="n">From 1; 0 for none after all.</param>
    public void FailNthStep(int n)
    {
        RefuseInSearch("the n-th step");
        _failures.Arm(n);
    }

    /// <summary>
    /// Makes a call again and again with its first step failing, its second, and so on, until there is none left and it succeeds. Each that
    /// fails must leave everything as it was (I12).
    /// </summary>
    /// <param name="call">The call.</param>
    /// <returns>What it succeeds with, and the steps that have failed.</returns>
    /// <exception cref="ExpectationException">It succeeds though a step fails, fails by itself, or a failure changes something.</exception>
    public async Task<(Answer Answer, IReadOnlyList<string> Steps)> FailEachStepAsync(Call call)
    {
        RefuseInSearch("each step after the other");
        var steps = new List<string>();
        while (steps.Count < StepsMax)
        {
            _failures.Arm(steps.Count + 1);
            var answer = await CallWatchedAsync(call);
            var failed = _failures.Failed;
            _failures.Arm(0);
            if (failed is null && answer.Errno == Errno.None) return (answer, steps);
            if (failed is null || answer.Errno == Errno.None)
                throw new ExpectationException($"{ModelText.Of(call)} is answered {ModelText.Of(call, answer)} "
                    + (failed is null ? "though no step fails" : $"though the step '{failed}' fails"));
            steps.Add(failed);
        }
        throw new ExpectationException($"{ModelText.Of(call)} has more than {StepsMax} steps");
    }

    private async Task<Answer> CallWatchedAsync(Call call)
    {
        var findings = new Findings();
        var watch = new FailureChecker(Context, Process, findings,
            ("what the driver has handed out", () => string.Join(", ", Driver.Live)), ("pins", () => Memory.PinnedTotal));
        var answer = await watch.CallAsync(call);
        return findings.Any ? throw new ExpectationException(ExpectationException.Text(findings.All), findings.All) : answer;
    }

    // Empty when the journal has no such object.
    private Task<string> DescribeAsync(ObjectId id) => Context.Actor.Ask<string>(
        new InspectContext(state => Describe(state.Graph, id)), LookPatience);

    private static string Describe(ObjectGraph graph, ObjectId id)
    {
        var node = graph.Nodes.FirstOrDefault(node => node.Id == id);
        if (node is null) return "";
        var users = graph.Nodes.Where(other => other.References.Contains(id)).Select(other => $"{other.Type.Name()} {other.Id}").ToList();
        return $"{node.Type.Name()} {id}, {(users.Count == 0 ? "used by nothing" : $"used by {string.Join(", ", users)}")}";
    }
}
