using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>An actor system with a test actor, and the expectations on what that actor receives.</summary>
public abstract partial class TestKitBase : IActorRefFactory
{
    private static readonly Config Defaults = ConfigurationFactory.ParseString(
        """
        akka.test {
          timefactor = 1.0
          filter-leeway = 3s
          single-expect-default = 3s
          default-timeout = 5s
        }
        """);

    private readonly ITestKitAssertions _assertions;
    private readonly TestClock _clock;
    private readonly MessageQueue _queue;
    private MessageEnvelope _lastMessage = NullMessageEnvelope.Instance;

    protected TestKitBase(ITestKitAssertions assertions, ActorSystem? system = null, string? testActorName = null)
        : this(assertions, testActorName, system ?? CreateSystem(null, null))
    {
    }

    protected TestKitBase(ITestKitAssertions assertions, Config config, string? actorSystemName = null, string? testActorName = null)
        : this(assertions, testActorName, CreateSystem(config, actorSystemName))
    {
    }

    private TestKitBase(ITestKitAssertions assertions, string? testActorName, ActorSystem system)
    {
        _assertions = assertions;
        Sys = system;
        if (!system.Settings.Config.HasPath("akka.test.timefactor")) system.Settings.InjectTopLevelFallback(Defaults);
        TestKitSettings = new TestKitSettings(system.Settings.Config);
        var kit = SystemKit.Of(system);
        _clock = kit.Clock;
        _queue = new MessageQueue(_clock);
        Log = Logging.GetLogger(system, GetType());
        EventFilter = new EventFilterFactory(this);
        TestActor = kit.CreateTestActor(_queue, testActorName);
        SetImplicitSender();
    }

    public static Config DefaultConfig => Defaults;

    public ActorSystem Sys { get; }

    /// <summary>Receives what is sent to the test, and is the sender of what the test sends.</summary>
    public IActorRef TestActor { get; }

    public TestKitSettings TestKitSettings { get; }

    public ILoggingAdapter Log { get; }

    public EventFilterFactory EventFilter { get; }

    /// <exception cref="IllegalActorStateException">The last receive did not return a message.</exception>
    public object LastMessage => _lastMessage.Message;

    /// <exception cref="IllegalActorStateException">The last receive did not return a message.</exception>
    public IActorRef LastSender => _lastMessage.Sender;

    /// <summary>Whether the test actor has received what the test has not yet taken.</summary>
    public bool HasMessages => !_queue.IsEmpty;

    internal TestClock Clock => _clock;

    public EventFilterFactory CreateEventFilter(ActorSystem system) => new(this, system);

    /// <summary>Drops the messages for which the function is true before the test sees them.</summary>
    public void IgnoreMessages(Func<object, bool> shouldIgnoreMessage) =>
        TestActor.Tell(new InternalTestActor.SetIgnore(shouldIgnoreMessage));

    public void IgnoreMessages<TMsg>(Func<TMsg, bool> shouldIgnoreMessage) =>
        IgnoreMessages(m => m is TMsg message && shouldIgnoreMessage(message));

    public void IgnoreMessages<TMsg>() => IgnoreMessages<TMsg>(_ => true);

    public void IgnoreNoMessages() => TestActor.Tell(new InternalTestActor.SetIgnore(null));

    public void SetAutoPilot(AutoPilot pilot) => TestActor.Tell(new InternalTestActor.SetAutoPilot(pilot));

    /// <summary>The test actor watches; returns when it does.</summary>
    public IActorRef Watch(IActorRef actorToWatch) => Finished(WatchAsync(actorToWatch));

    public async Task<IActorRef> WatchAsync(IActorRef actorToWatch)
    {
        await AskTestActor(new InternalTestActor.WatchRequest(actorToWatch));
        return actorToWatch;
    }

    public IActorRef Unwatch(IActorRef actorToUnwatch) => Finished(UnwatchAsync(actorToUnwatch));

    public async Task<IActorRef> UnwatchAsync(IActorRef actorToUnwatch)
    {
        await AskTestActor(new InternalTestActor.UnwatchRequest(actorToUnwatch));
        return actorToUnwatch;
    }

    /// <summary>Terminates the system and waits for it.</summary>
    /// <param name="duration">How long to wait; 5 s dilated, at most 10 s, where none is given.</param>
    /// <param name="verifySystemShutdown">Whether a system that is still there by then is a failure, or a warning in its log.</param>
    /// <exception cref="TimeoutException">The system did not end in time, and was to be verified.</exception>
    public virtual void Shutdown(TimeSpan? duration = null, bool verifySystemShutdown = false) =>
        Shutdown(Sys, duration, verifySystemShutdown);

    protected virtual void Shutdown(ActorSystem system, TimeSpan? duration = null, bool verifySystemShutdown = false)
    {
        var limit = duration ?? Spans.Min(Dilated(TimeSpan.FromSeconds(5)), TimeSpan.FromSeconds(10));
        if (Finished(_clock.Until(system.Terminate(), limit).AsTask())) return;
        var message = $"Failed to stop [{system.Name}] within [{limit}]. {_clock.Blocked}";
        if (verifySystemShutdown) throw new TimeoutException(message);
        system.Log.Warning(message);
    }

    private static ActorSystem CreateSystem(Config? config, string? name) =>
        ActorSystem.Create(name ?? "test", config is null ? Defaults : config.WithFallback(Defaults));

    private static T Finished<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private async Task AskTestActor(object request)
    {
        var timeout = RemainingOrDefault;
        var answer = TestActor.Ask(request, timeout);
        await _clock.Until(answer, timeout);
        await answer;
    }

    private void SetImplicitSender()
    {
        if (this is not INoImplicitSender) InternalCurrentActorCellKeeper.Current = SystemKit.CellOf(TestActor);
        else if (this is not TestProbe) InternalCurrentActorCellKeeper.Current = null!;
        SynchronizationContext.SetSynchronizationContext(new TestSynchronizationContext(InternalCurrentActorCellKeeper.Current));
    }
}
