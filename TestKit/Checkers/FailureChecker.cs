using Iommu.Actors;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// Invariant I12: a failed call leaves the state as it was. Of the documented partial ones, UNMAP may have taken areas away, and INVALIDATE
/// may have changed hardware. It looks at all of the context before and after a call, so that no other may be in flight.
/// </summary>
/// <param name="context">The context.</param>
/// <param name="process">Whose calls it serves.</param>
/// <param name="findings">Where to report.</param>
/// <param name="beside">What else is part of the state, by name: hardware, memory.</param>
public sealed class FailureChecker(
    IommufdContext context, UserProcess process, Findings findings, params IReadOnlyList<(string Name, Func<object> Look)> beside)
{
    public Task<Answer> CallAsync(Call call) => CallAsync(call, () => context.CallAsync(call));

    /// <param name="call">The call, for what is reported.</param>
    /// <param name="make">Makes it.</param>
    public async Task<Answer> CallAsync(Call call, Func<Task<Answer>> make)
    {
        var before = await ContextSnapshot.TakeAsync(context, process, beside);
        var answer = await make();
        if (answer.Errno == Errno.None) return answer;
        var after = await ContextSnapshot.TakeAsync(context, process, beside);
        var differences = before.DifferencesTo(after, but: name => MayChange(call, name)).ToList();
        if (differences.Count > 0)
            findings.Report("I12", $"{context.Name}: {call} failed with {answer.Errno}, but {differences[0]}", [.. differences.Skip(1)]);
        return answer;
    }

    private bool MayChange(Call call, string name) => call switch
    {
        IoasUnmap or VfioUnmapDma => ContextSnapshot.IsOfAreas(name) || IsBeside(name),
        HwptInvalidate => IsBeside(name),
        _ => false,
    };

    private bool IsBeside(string name) => beside.Any(other => other.Name == name);
}
