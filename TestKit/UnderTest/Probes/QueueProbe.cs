namespace Iommu.TestKit.UnderTest.Probes;

/// <summary>
/// The commands that hardware has taken out of the command queue of its IOMMU, in order. It stands behind what is planted in the queue: a
/// command that is lost on the way does not come by. Expectations in an architecture's words are in <see cref="Smmuv3Commands"/>,
/// <see cref="AmdCommands"/>, <see cref="VtdCommands"/>; a driver of one's own matches its words.
/// </summary>
public sealed class QueueProbe : Probe<ConsumedCommand>
{
    internal QueueProbe(TimeSpan patience) : base(patience)
    {
    }

    private protected override string Plural => "commands";
}

/// <summary>A command that hardware has consumed; one of synchronization, that has completed.</summary>
/// <param name="Queue">The name of the queue.</param>
/// <param name="Words">As they stood in the queue.</param>
/// <param name="At">By the clock of the actor system, from its start.</param>
/// <param name="Text">The command in words.</param>
public sealed record ConsumedCommand(string Queue, ReadOnlyMemory<ulong> Words, TimeSpan At, string Text)
{
    public override string ToString() => $"{At.TotalMilliseconds:0.000} ms {Queue} {Text}";
}
