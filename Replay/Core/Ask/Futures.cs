using Akka.Actor.Internal;

namespace Akka.Actor;

/// <summary>Ask: a message and the task of its reply.</summary>
public static class Futures
{
    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout = null) =>
        self.Ask<object>(message, timeout, CancellationToken.None);

    public static Task<object> Ask(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<object>(message, null, cancellationToken);

    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken) =>
        self.Ask<object>(message, timeout, cancellationToken);

    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout = null) =>
        self.Ask<T>(message, timeout, CancellationToken.None);

    public static Task<T> Ask<T>(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<T>(message, null, cancellationToken);

    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var ask = new AskRef<T>(SystemOf(self));
        ask.Send(self, message, timeout ?? ask.Provider.Settings.AskTimeout, cancellationToken);
        return ask.Result;
    }

    public static Task<T> Ask<T>(
        this ICanTell self, Func<IActorRef, object> messageFactory, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var ask = new AskRef<T>(SystemOf(self));
        ask.Send(self, messageFactory(ask), timeout ?? ask.Provider.Settings.AskTimeout, cancellationToken);
        return ask.Result;
    }

    internal static ActorSystemImpl SystemOf(ICanTell target)
    {
        if (target is ActorSelection selection) target = selection.Anchor;
        return target switch
        {
            LocalActorRef local => local.Cell.SystemImpl,
            IInternalActorRef reference => ((ActorProvider)reference.Provider).System,
            _ => ActorCell.Current?.SystemImpl ?? throw new ArgumentException("Unable to resolve the target Provider", nameof(target)),
        };
    }
}
