using Akka.Actor;

namespace Iommu.TestKit.Explore.Traces;

/// <summary>Writes down the turns of a run, each with who has told its message.</summary>
internal sealed class StepRecorder
{
    private readonly Dictionary<(string Actor, object Message), Queue<string>> _told = [];
    private readonly List<Step> _steps = [];
    private string _current = "";

    public IReadOnlyList<Step> Steps => _steps;

    public void OnTurn(TurnName turn, object? message)
    {
        _current = turn.Actor;
        var from = message is not null && _told.TryGetValue((turn.Actor, message), out var tellers) && tellers.TryDequeue(out var teller)
            ? teller : "";
        _steps.Add(new Step(turn, message?.GetType().Name ?? "", from, MessageText.Of(message)));
    }

    public void OnTold(IActorRef recipient, object message)
    {
        var key = (recipient.Path.ToStringWithoutAddress(), message);
        if (!_told.TryGetValue(key, out var tellers)) _told[key] = tellers = new Queue<string>();
        tellers.Enqueue(_current);
    }
}
