using System.Text;
using Akka.Actor;

namespace Iommu.Replay;

internal sealed partial class DeterministicRuntime
{
    /// <summary>Who waits for whom now, a line each.</summary>
    public string WaitReport()
    {
        var text = new StringBuilder();
        foreach (var ask in PendingAsks())
            text.AppendLine($"  ask: {ask.Asker?.Self.Path.ToStringWithoutAddress() ?? "outside"} waits since "
                + $"{ask.AskedAt.TotalSeconds:F6}s for the answer of {NameOf(ask.Target)} to {Summary(ask.Question)}");
        lock (_externals)
            foreach (var wait in _externals)
                text.AppendLine($"  task: {wait.Owner?.Self.Path.ToStringWithoutAddress() ?? "outside"} waits for a task: {wait.What}");
        Describe(System.Tree.Root, text);
        return text.Length == 0 ? "  nobody waits inside the system" + Environment.NewLine : text.ToString();
    }

    private RunBlockedException Blocked(string what) => new(
        $"Run blocked at step {_step}, virtual time {Elapsed.TotalSeconds:F6}s, seed {Seed}: nothing can run and no timer helps."
        + $"{Environment.NewLine}Waiting for {what}.{Environment.NewLine}{WaitReport()}");

    private static void Describe(LocalActorRef actor, StringBuilder text)
    {
        var cell = actor.Cell;
        var path = actor.Path.ToStringWithoutAddress();
        if (cell.PendingAsync is { } run) text.AppendLine($"  async: {path} has not finished handling {Summary(run.Message)}");
        if (cell.IsSuspended && cell.HasMessages) text.AppendLine($"  suspended: {path} with {cell.NumberOfMessages} messages waiting");
        if (cell.Actor is IActorStash { Stash.Count: > 0 } stashing)
            text.AppendLine($"  stash: {path} holds {stashing.Stash.Count} messages");
        foreach (var child in cell.GetChildren().OfType<LocalActorRef>()) Describe(child, text);
    }

    private static string NameOf(ICanTell? target) => target switch
    {
        IActorRef reference => reference.Path.ToStringWithoutAddress(),
        null => "nobody",
        _ => target.ToString()!,
    };
}
