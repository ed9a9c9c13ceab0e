using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Actor.Internal;
using Iommu.Replay;

namespace Akka.TestKit.Internal;

/// <summary>What the test kit adds to a system, once for all its probes: a clock, names, the listener that applies event filters.</summary>
internal sealed class SystemKit
{
    private static readonly ConditionalWeakTable<ActorSystem, SystemKit> Kits = [];

    private readonly ActorSystemImpl _system;
    private int _testActors;

    private SystemKit(ActorSystemImpl system)
    {
        _system = system;
        Clock = system.Runtime is DeterministicRuntime runtime ? new VirtualClock(runtime) : new RealClock();
        TestEventListener.Subscribe(system.EventStream, system.SystemActorOf(Props.Create<TestEventListener>(), "event-filter"));
    }

    public TestClock Clock { get; }

    public static SystemKit Of(ActorSystem system) => Kits.GetValue(system, static s => new SystemKit((ActorSystemImpl)s));

    public static ActorCell CellOf(IActorRef actor) => ((LocalActorRef)actor).Cell;

    /// <summary>Starts a test actor; unnamed ones are numbered in each system, so that a run does not depend on those before it.</summary>
    public IActorRef CreateTestActor(MessageQueue queue, string? name)
    {
        var props = Props.Create(() => new InternalTestActor(queue));
        return _system.SystemActorOf(props, name ?? $"testActor{Interlocked.Increment(ref _testActors)}");
    }
}
