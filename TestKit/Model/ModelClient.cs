using System.Collections.Concurrent;
using Akka.Actor;
using Iommu.Actors;
using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>Who calls on one context: has the files of event queues, and an owner for each access that it creates.</summary>
internal sealed class ModelClient(ActorSystem system, IommufdContext context)
{
    private readonly ConcurrentDictionary<ObjectId, IActorRef> _owners = [];
    private readonly ConcurrentDictionary<ObjectId, EventFile> _files = [];

    public IommufdContext Context => context;

    /// <summary>Makes a call.</summary>
    public async Task<Answer> CallAsync(Call call)
    {
        if (call is CloseEventFile close) return CloseFile(close.Queue);
        var answer = await (call is AccessCreate create ? CreateAccessAsync(create) : context.CallAsync(call));
        Keep(call, answer);
        return answer;
    }

    /// <summary>Notes what a call has come to, also one made past this: an event queue's file, what an access has pinned.</summary>
    public void Keep(Call call, Answer answer)
    {
        Keep(answer);
        if (answer.Errno == Errno.None && call is AccessPin or AccessUnpin
            && _owners.TryGetValue(((AccessCall)call).Access, out var owner)) owner.Tell(call);
    }

    /// <summary>Keeps the file of an event queue, for <see cref="CloseFile"/>.</summary>
    public void Keep(Answer answer)
    {
        if (answer is EventQueueAnswer { File: var file }) _files[answer.Id] = file;
    }

    /// <summary>Closes the file of an event queue. EBADF when there is none.</summary>
    public Answer CloseFile(ObjectId queue)
    {
        if (!_files.TryRemove(queue, out var file)) return Errno.EBADF;
        file.Closed();
        return Answer.Success;
    }

    private async Task<Answer> CreateAccessAsync(AccessCreate create)
    {
        var owner = system.ActorOf(Props.Create(() => new AccessOwner(context)));
        var answer = await owner.Ask<Answer>(create);
        if (answer.Errno == Errno.None) _owners[answer.Id] = owner;
        return answer;
    }
}
