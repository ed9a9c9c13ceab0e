using Akka.Actor;
using Iommu.Actors.Contexts;
using Iommu.Actors.Objects;
using Iommu.Actors.Selftest;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors;

/// <summary>An open /dev/iommu: what a process calls. Safe for any number of threads and actors.</summary>
public sealed class IommufdContext
{
    private readonly UserProcess _process;
    private readonly TimeSpan _patience;

    internal IommufdContext(string name, IActorRef actor, ObjectTable table, UserProcess process, TimeSpan patience)
    {
        Name = name;
        _process = process;
        Actor = actor;
        Table = table;
        _patience = patience;
    }

    /// <summary>The name that its journal goes by.</summary>
    public string Name { get; }

    /// <summary>Its actor, for checkers and for watching it.</summary>
    public IActorRef Actor { get; }

    /// <summary>Its published objects.</summary>
    public ObjectTable Table { get; }

    /// <summary>The same file in another process, which has inherited or been passed it: calls are that process's.</summary>
    public IommufdContext As(UserProcess process) => new(Name, Actor, Table, process, _patience);

    /// <summary>
    /// Makes a call and waits for the answer. An access that it creates has no owner to be told of unmaps. EIO when the context has
    /// failed, or fails meanwhile: what the call has done by then its journal tells, when it is opened again.
    /// </summary>
    /// <exception cref="AskTimeoutException">The context is closed, or the call hangs: a bug.</exception>
    public Task<Answer> CallAsync(Call call)
    {
        if (Table.Waiting.AreLost) return Task.FromResult((Answer)Errno.EIO);
        var route = CallRouter.Find(call, Table, Actor, _process);
        return route.Target is null
            ? Task.FromResult((Answer)route.Message) : Table.Waiting.Ask(route.Target, route.Message, _patience);
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
        var route = CallRouter.Find(call, Table, Actor, _process, caller);
        if (route.Target is null) caller.Tell(route.Message, Actor);
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
}
