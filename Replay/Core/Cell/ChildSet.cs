namespace Akka.Actor.Internal;

/// <summary>
/// The children of an actor, by name, in order of creation, and those of them that are being stopped. Locked, because
/// anybody may create a child of a guardian.
/// </summary>
internal sealed class ChildSet
{
    private readonly Dictionary<string, ChildRestartStats?> _byName = [];
    private HashSet<IActorRef>? _dying;
    private ChildWait _wait;
    private Exception? _cause;
    private bool _closed;
    private long _nextName;

    public ChildWait Wait
    {
        get { lock (_byName) return _wait; }
    }

    public string NextName()
    {
        lock (_byName) return Util.Base64Name.Of(_nextName++);
    }

    /// <exception cref="InvalidActorNameException">The name is taken.</exception>
    /// <exception cref="InvalidOperationException">The parent is terminating.</exception>
    public void Reserve(string name)
    {
        lock (_byName)
        {
            if (_closed || _wait == ChildWait.Termination)
                throw new InvalidOperationException(
                    $"Cannot reserve actor name '{name}': {(_closed ? "already terminated" : "terminating")}");
            if (!_byName.TryAdd(name, null)) throw new InvalidActorNameException($"Actor name \"{name}\" is not unique!");
        }
    }

    public void Unreserve(string name)
    {
        lock (_byName)
        {
            if (_byName.TryGetValue(name, out var stats) && stats is null) _byName.Remove(name);
        }
    }

    public void Add(IInternalActorRef child)
    {
        lock (_byName) _byName[child.Path.Name] = new ChildRestartStats(child);
    }

    public ChildRestartStats? Find(string name)
    {
        lock (_byName) return _byName.GetValueOrDefault(name);
    }

    public ChildRestartStats? Find(IActorRef child)
    {
        var stats = Find(child.Path.Name);
        return stats is not null && stats.Child.Equals(child) ? stats : null;
    }

    public List<ChildRestartStats> Stats()
    {
        lock (_byName)
        {
            var all = new List<ChildRestartStats>(_byName.Count);
            foreach (var stats in _byName.Values)
                if (stats is not null)
                    all.Add(stats);
            return all;
        }
    }

    public void MarkDying(IActorRef child)
    {
        lock (_byName) (_dying ??= []).Add(child);
    }

    /// <summary>Notes what to do when the dying are dead; false when none are dying.</summary>
    public bool WaitFor(ChildWait wait, Exception? cause)
    {
        lock (_byName)
        {
            if (_dying is null) return false;
            _wait = wait;
            _cause = cause;
            return true;
        }
    }

    /// <summary>Removes a dead child; says what was being waited for when it was the last of the dying.</summary>
    public ChildWait Remove(IActorRef child, out Exception? cause)
    {
        cause = null;
        lock (_byName)
        {
            _byName.Remove(child.Path.Name);
            if (_dying is null) return ChildWait.None;
            _dying.Remove(child);
            if (_dying.Count > 0) return ChildWait.None;
            var wait = _wait;
            cause = _cause;
            _dying = null;
            _wait = ChildWait.None;
            _cause = null;
            if (wait == ChildWait.Termination) _closed = true;
            return wait;
        }
    }

    public void Close()
    {
        lock (_byName)
        {
            _closed = true;
            _byName.Clear();
            _dying = null;
        }
    }
}
