using Akka.Actor;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors.Selftest;

/// <summary>The open file of an access that IOMMU_TEST_CMD made (struct selftest_access). Its last close ends the access.</summary>
public sealed class MockAccessFile : IOpenFile
{
    private readonly TaskCompletionSource<Answer> _ended = new();
    private IOpenFile? _kept;

    internal MockAccessFile(ObjectId access, IActorRef actor) => (Access, Actor) = (access, actor);

    /// <summary>The access.</summary>
    public ObjectId Access { get; }

    /// <summary>Success, when its last close has let go of everything: what close() of the kernel waits for.</summary>
    public Task<Answer> Ended => _ended.Task;

    internal IActorRef Actor { get; }

    /// <summary>
    /// Takes over a reference on the file of the context, and closes that after itself: while an access is open, its context's file is
    /// too (iommufd_access_create). False when it keeps one already, or is closed itself.
    /// </summary>
    public bool TryKeep(IOpenFile context) => Interlocked.CompareExchange(ref _kept, context, null) is null;

    public void Closed() => EndAsync();

    private async void EndAsync()
    {
        try
        {
            var answer = await Actor.Ask<Answer>(AccessFileClosed.Instance);
            Interlocked.Exchange(ref _kept, this)?.Closed();
            _ended.SetResult(answer);
        }
        catch (Exception e)
        {
            _ended.SetException(e);
        }
    }
}
