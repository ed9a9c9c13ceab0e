using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>A call of a concurrent history, from when it was made to when its answer was there, on one clock for all clients.</summary>
/// <param name="Client">Who called.</param>
/// <param name="Call">The call.</param>
/// <param name="Answer">Its answer.</param>
/// <param name="InvokedAt">Before the call did anything.</param>
/// <param name="AnsweredAt">After it had done everything.</param>
internal sealed record Operation(int Client, Call Call, Answer Answer, long InvokedAt, long AnsweredAt)
{
    /// <summary>A step of it that was made to fail, and it for that: what it had done it has undone. Null when none was.</summary>
    public string? RefusedAt { get; init; }

    public bool Overlaps(Operation other) => InvokedAt < other.AnsweredAt && other.InvokedAt < AnsweredAt;

    public override string ToString() =>
        $"{InvokedAt,3}-{AnsweredAt,-3} client {Client}  {ModelText.Of(Call)}  ->  {ModelText.Of(Call, Answer)}";
}

/// <summary>What several clients did at once, and what it left.</summary>
/// <param name="Operations">The calls, in the order in which they were made.</param>
/// <param name="FinalState">The state of the context afterwards, in the words of <see cref="ModelText"/>.</param>
internal sealed record History(IReadOnlyList<Operation> Operations, string FinalState)
{
    public override string ToString() =>
        string.Join(Environment.NewLine, Operations) + $"{Environment.NewLine}and in the end{Environment.NewLine}{FinalState}";
}
