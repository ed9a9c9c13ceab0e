using Akka.Actor;
using Iommu.Actors.Contexts;
using Iommu.Actors.Objects;
using Iommu.Actors.Selftest;
using Iommu.Actors.Simulator;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors;

/// <summary>An open /dev/iommu: what a process calls. Safe for any number of threads and actors.</summary>
public sealed class IommufdContext
{
    private readonly UserProcess _process;
    private readonly TimeSpan _patience;
    private readonly IActorRef? _supervisor;
    private readonly IncarnationLink _link;

    /// <param name="name">Its name.</param>
    /// <param name="link">Where its incarnation is found.</param>
    /// <param name="supervisor">Who brings it back when it fails; null when nobody does.</param>
    /// <param name="process">Whose calls these are.</param>
    /// <param name="patience">How long a caller waits.</param>
    internal IommufdContext(string name, IncarnationLink link, IActorRef? supervisor, UserProcess process, TimeSpan patience)
    {
        Name = name;
        _link = link;
        _supervisor = supervisor;
        _process = process;
        _patience = patience;
    }

    /// <summary>The name that its journal goes by.</summary>
    public string Name { get; }

    /// <summary>Its actor, for checkers and for watching it; another one when it has failed and was brought back.</summary>
    public IActorRef Actor => _link.Now.Context;

    /// <summary>Its published objects.</summary>
    public ObjectTable Table => _link.Now.Table;

    /// <summary>The same file in another process, which has inherited or been passed it: calls are that process's.</summary>
    public IommufdContext As(UserProcess process) => new(Name, _link, _supervisor, process, _patience);

    /// <summary>
    /// Makes a call and waits for the answer. An access that it creates has no owner to be told of unmaps. EIO when the context fails
    /// meanwhile: what the call has done by then its journal tells, when it is back. A call of a context that has failed waits until
    /// its supervisor has brought it back; EIO when that is not to be.
    /// </summary>
    /// <exception cref="AskTimeoutException">The context is closed, or the call hangs: a bug.</exception>
    public Task<Answer> CallAsync(Call call)
    {
        var (actor, table) = _link.Now;
        if (table.Waiting.AreLost)
            return _supervisor is null ? Task.FromResult((Answer)Errno.EIO) : CallNextAsync(call, actor, _supervisor);
        var route = CallRouter.Find(call, table, actor, _process);
        return route.Target is null
            ? Task.FromResult((Answer)route.Message) : table.Waiting.Ask(route.Target, route.Message, _patience);
    }

    /// <summary>Makes a call that answers with more than a value; null with the errno when it failed before it had that.</summary>
    public async Task<(Errno Errno, TAnswer? Answer)> CallAsync<TAnswer>(Call call) where TAnswer : Answer
    {
        var answer = await CallAsync(call);
        return (answer.Errno, answer as TAnswer);
    }

    /// <summary>
    /// Makes a call on behalf of an actor, which gets the <see cref="Answer"/> as a message, and owns the access that it creates
    /// (<see cref="UnmapNotice"/>).
    /// </summary>
    public void Send(Call call, IActorRef caller)
    {
        var (actor, table) = _link.Now;
        var route = table.Waiting.AreLost ? new Route(Errno.EIO) : CallRouter.Find(call, table, actor, _process, caller);
        if (route.Target is null) caller.Tell(route.Message, actor);
        else route.Target.Tell(route.Message, caller);
    }

    /// <summary>After a recovery: the file of a fault queue or event queue, which the process has still. Null when there is none.</summary>
    public async Task<EventFile?> ReopenEventFileAsync(ObjectId queue)
    {
        var entry = Table.Find(queue);
        if (entry is not { Type: ObjectType.Fault or ObjectType.Veventq } || Table.Waiting.AreLost) return null;
        return (await Table.Waiting.Ask(entry.Actor, ReopenEventFile.Instance, _patience) as EventQueueAnswer)?.File;
    }

    /// <summary>
    /// After a recovery: the file of an access that IOMMU_TEST_CMD had made, which the process has still. What it had pinned is not pinned
    /// any more. The answer's value is a descriptor of the process that opens it; ENOENT, EBUSY when it has an owner.
    /// </summary>
    public Task<Answer> ReopenAccessFileAsync(ObjectId access) => Table.Waiting.AreLost ? Task.FromResult((Answer)Errno.EIO)
        : Table.Waiting.Ask(Actor, new FromProcess(new MockAccessReopen(access), _process), _patience);

    /// <summary>The last close. See <see cref="Close"/>.</summary>
    public Task<Answer> CloseAsync() => CallAsync(new Close());

    private async Task<Answer> CallNextAsync(Call call, IActorRef lost, IActorRef supervisor)
    {
        var over = await supervisor.Ask<RestartOver>(new AwaitRestart(Name, lost), _patience);
        return over.IsBack ? await CallAsync(call) : Errno.EIO;
    }
}
