namespace Akka.Persistence.Journal;

/// <summary>Lets writes that end in any order be answered in the order in which they were asked for.</summary>
internal sealed class Resequencer
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Action> _early = [];
    private long _taken;
    private long _answered;

    public long TakeTurn() => ++_taken;

    public void Answer(long turn, Action answer)
    {
        lock (_lock)
        {
            if (turn != _answered + 1)
            {
                _early.Add(turn, answer);
                return;
            }

            answer();
            _answered++;
            while (_early.Remove(_answered + 1, out var next))
            {
                next();
                _answered++;
            }
        }
    }
}
