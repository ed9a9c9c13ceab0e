using Akka.Actor;
using Iommu.Actors.Contexts;
using Iommu.Messages;

namespace Iommu.Actors;

/// <summary>An open /dev/iommu: what a process calls. Safe for any number of threads and actors.</summary>
public sealed class IommufdContext
{
    private readonly TimeSpan _patience;

    internal IommufdContext(string name, IActorRef actor, ObjectTable table, TimeSpan patience)
    {
        Name = name;
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

    /// <summary>Makes a call and waits for the answer.</summary>
    /// <exception cref="AskTimeoutException">The context is gone, or the call hangs: a bug.</exception>
    public Task<Answer> CallAsync(Call call)
    {
        var route = CallRouter.Find(call, Table, Actor);
        return route.Target is null
            ? Task.FromResult((Answer)route.Message)
            : route.Target.Ask<Answer>(route.Message, _patience);
    }

    /// <summary>IOMMU_GET_HW_INFO.</summary>
    public async Task<HwInfoAnswer> GetHwInfoAsync(ObjectId device)
    {
        var route = CallRouter.Find(new GetHwInfo(device), Table, Actor);
        if (route.Target is null) return new HwInfoAnswer(((Answer)route.Message).Errno, default, default);
        return await route.Target.Ask<object>(route.Message, _patience) as HwInfoAnswer
            ?? new HwInfoAnswer(Errno.ENOENT, default, default);
    }

    /// <summary>Makes a call on behalf of an actor, which gets the <see cref="Answer"/> as a message.</summary>
    public void Send(Call call, IActorRef caller)
    {
        var route = CallRouter.Find(call, Table, Actor);
        if (route.Target is null) caller.Tell(route.Message, Actor);
        else route.Target.Tell(route.Message, caller);
    }

    /// <summary>The last close. See <see cref="Close"/>.</summary>
    public Task<Answer> CloseAsync() => CallAsync(new Close());
}
