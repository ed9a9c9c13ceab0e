using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>Stops an actor by a message and tells when it has stopped.</summary>
public static class GracefulStopSupport
{
    public static Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout) => GracefulStop(target, timeout, PoisonPill.Instance);

    /// <summary>False when the actor did not stop in the time given.</summary>
    public static async Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout, object stopMessage)
    {
        var watchee = target as IInternalActorRef ?? throw new InvalidOperationException($"{target} cannot be death-watched");
        var ask = new AskRef<Terminated>(Futures.SystemOf(target));
        watchee.SendSystemMessage(new Watch(watchee, ask));
        ask.Send(target, stopMessage, timeout, CancellationToken.None, named: false);
        try
        {
            var terminated = await ask.Result.ConfigureAwait(false);
            return terminated.ActorRef.Path.Equals(target.Path);
        }
        catch (Exception)
        {
            return false;
        }
        finally
        {
            watchee.SendSystemMessage(new Unwatch(watchee, ask));
        }
    }
}
