using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Uapi;
using Iommu.Messages;
using Iommu.TestKit.Model;
using Iommu.TestKit.UnderTest;

namespace Iommu.TestKit.Explore;

/// <summary>
/// Who makes calls in a scenario, one after the other. Its script goes on in the turn in which its actor gets the answer, so that nothing
/// comes in between that the search does not choose.
/// </summary>
public sealed class Caller : ICaller
{
    private readonly Func<Caller, Task> _script;
    private IActorRef _actor = ActorRefs.Nobody;
    private TaskCompletionSource<Answer>? _waiting;
    private Call? _call;
    private long _invokedAt;

    internal Caller(World world, string name, Func<Caller, Task> script) => (World, Name, _script) = (world, name, script);

    public World World { get; }

    public string Name { get; }

    /// <summary>From here on it is part of what is searched.</summary>
    internal void Join()
    {
        _actor = World.System.ActorOf(Props.Create(() => new CallerActor(this)), Name);
        _actor.Tell(Begin.Instance, ActorRefs.NoSender);
    }

    /// <summary>Whether its script has come to its end.</summary>
    public bool IsDone { get; private set; }

    /// <summary>What it waits for; null when it does not.</summary>
    internal Call? WaitsFor => _call;

    /// <summary>When it has begun to wait.</summary>
    internal long WaitsSince => _invokedAt;

    /// <summary>
    /// Makes a call. An access that it creates lets go of what is unmapped. Where the context may be brought back, the call waits for that.
    /// </summary>
    public async Task<Answer> CallAsync(Call call)
    {
        RefuseSecond();
        var invokedAt = _invokedAt = World.Tick();
        _call = call;
        var answer = call is AccessCreate || World.Restarts ? await World.Client.CallAsync(call) : await SendAsync(call);
        _call = null;
        World.Note(this, call, answer, invokedAt);
        return answer;
    }

    /// <summary>Makes a call on another context than the one that the scenario is about: no history has it.</summary>
    /// <param name="context">Which.</param>
    /// <param name="call">What is called; not an access's.</param>
    internal async Task<Answer> CallAsync(IommufdContext context, Call call)
    {
        _call = call;
        var answer = await WaitAsync(() => context.Send(call, _actor));
        _call = null;
        return answer;
    }

    /// <summary>A turn of its own in which nothing is called: something may come in between.</summary>
    public Task PauseAsync() => WaitAsync(() => _actor.Tell(Answer.Success, ActorRefs.NoSender));

    /// <summary>Tells an actor something that it answers, and that is no call: as a driver does, or who has an event file.</summary>
    internal Task<Answer> AskAsync(IActorRef actor, object message) => WaitAsync(() => actor.Tell(message, _actor));

    /// <summary>An ioctl in its binary form; what it does beside its calls are turns of their own.</summary>
    /// <param name="file">Of which file.</param>
    /// <param name="command">The ioctl's number.</param>
    /// <param name="argument">The address of its structure.</param>
    internal Task<Answer> IoctlAsync(IommufdFile file, uint command, ulong argument) =>
        AskAsync(_actor, new IoctlCall(file, command, argument));

    private async Task<Answer> SendAsync(Call call)
    {
        var answer = await WaitAsync(() =>
        {
            if (call is CloseEventFile close) _actor.Tell(World.Client.CloseFile(close.Queue), ActorRefs.NoSender);
            else World.Context.Send(call, _actor);
        });
        World.Client.Keep(call, answer);
        return answer;
    }

    /// <summary>Until its actor gets the answer to what is told.</summary>
    private Task<Answer> WaitAsync(Action tell)
    {
        RefuseSecond();
        var waiting = _waiting = new TaskCompletionSource<Answer>();
        tell();
        return waiting.Task;
    }

    private void RefuseSecond()
    {
        if (_waiting is not null) throw new InvalidOperationException($"{Name} waits for {_call}: one call at a time");
    }

    // What goes wrong in it is reported there.
    private void Start() => _ = RunAsync();

    private async Task RunAsync()
    {
        try
        {
            await _script(this);
        }
        catch (Exception e)
        {
            World.Findings.Report(Violations.Failure, $"{Name}: {e.GetType().Name}: {e.Message}");
        }
        IsDone = true;
    }

    /// <summary>What awaits goes on within this turn, and not in one of its own.</summary>
    internal static void Inline(Action action)
    {
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            action();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private void Answered(Answer answer)
    {
        var waiting = _waiting;
        _waiting = null;
        waiting?.SetResult(answer);
    }

    private sealed record IoctlCall(IommufdFile File, uint Command, ulong Argument);

    private sealed record Begin
    {
        public static readonly Begin Instance = new();
    }

    private sealed class CallerActor : ReceiveActor
    {
        public CallerActor(Caller caller)
        {
            Receive<Begin>(_ => Inline(caller.Start));
            Receive<Answer>(answer => Inline(() => caller.Answered(answer)));
            Receive<IoctlCall>(call => call.File.IoctlAsync(caller.World.Hardware.Process, call.Command, call.Argument).PipeTo(
                Self, success: result => result < 0 ? (Answer)(Errno)(int)-result : new Answer(Errno.None, (ulong)result)));
        }
    }
}
