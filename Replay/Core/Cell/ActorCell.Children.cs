using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

public partial class ActorCell
{
    private ChildSet? _children;

    internal bool IsTerminating => _children?.Wait == ChildWait.Termination;

    private bool IsNormal => (_children?.Wait ?? ChildWait.None) == ChildWait.None && !IsTerminated;

    private bool IsWaitingForChildren => _children is { } children && children.Wait is ChildWait.Recreation or ChildWait.Creation;

    public virtual IActorRef ActorOf(Props props, string? name = null) => AttachChild(props, name);

    IActorRef IActorContext.Child(string name) => GetSingleChild(name);

    public IInternalActorRef GetSingleChild(string name)
    {
        var (childName, uid) = ActorPath.SplitUid(name);
        var stats = _children?.Find(childName);
        return stats is not null && (uid == ActorPath.UndefinedUid || uid == stats.Uid) ? stats.Child : ActorRefs.Nobody;
    }

    public IEnumerable<IInternalActorRef> GetChildren() => ChildRefs();

    IEnumerable<IActorRef> IActorContext.GetChildren() => ChildRefs();

    public void Stop(IActorRef child)
    {
        if (_children?.Find(child) is not null) _children.MarkDying(child);
        ((IInternalActorRef)child).Stop();
    }

    internal IInternalActorRef AttachChild(Props props, string? name)
    {
        ArgumentNullException.ThrowIfNull(props);
        var children = _children ?? Interlocked.CompareExchange(ref _children, new ChildSet(), null) ?? _children;
        if (name is null) name = children.NextName();
        else CheckName(name);
        if (IsTerminated) throw new InvalidOperationException($"Cannot create a child of {_self}: it has terminated");
        children.Reserve(name);
        LocalActorRef child;
        try
        {
            child = new LocalActorRef(_system, props, _self, new ChildActorPath(_self.Path, name, _system.NextUid()));
        }
        catch
        {
            children.Unreserve(name);
            throw;
        }
        children.Add(child);
        child.Start();
        return child;
    }

    private static void CheckName(string name)
    {
        if (name.Length == 0) throw new InvalidActorNameException("Actor name must not be empty.");
        if (!ActorPath.IsValidPathElement(name))
            throw new InvalidActorNameException(
                $"Illegal actor name [{name}]. Actor paths MUST: not start with `$`, include only ASCII letters and can only contain "
                + $"these special characters: {ActorPath.ValidSymbols}.");
    }

    private List<IInternalActorRef> ChildRefs() => _children is { } children ? children.Stats().ConvertAll(static s => s.Child) : [];

    // A parent of many must not list them all each time one stops.
    private IEnumerable<IInternalActorRef> ChildrenWhenAsked()
    {
        foreach (var child in ChildRefs()) yield return child;
    }

    private void StopChildren()
    {
        foreach (var child in ChildRefs()) Stop(child);
    }

    private void SuspendChildren(IReadOnlyCollection<IInternalActorRef>? except)
    {
        foreach (var child in ChildRefs())
            if (except is null || !except.Contains(child))
                child.Suspend();
    }

    private bool WaitForChildren(ChildWait wait, Exception? cause) => _children is { } children && children.WaitFor(wait, cause);
}
