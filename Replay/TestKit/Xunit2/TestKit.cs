using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit.Xunit2.Internals;
using Xunit.Abstractions;

namespace Akka.TestKit.Xunit2;

/// <summary>Base of a test class: a system for each test, terminated after it.</summary>
public class TestKit : TestKitBase, IDisposable
{
    protected readonly ITestOutputHelper Output;
    private bool _disposed;

    public TestKit(ActorSystem? system = null, ITestOutputHelper? output = null) : base(Assertions, system)
    {
        Output = output!;
        InitializeLogger(Sys);
    }

    public TestKit(Config config, string? actorSystemName = null, ITestOutputHelper? output = null)
        : base(Assertions, config, actorSystemName)
    {
        Output = output!;
        InitializeLogger(Sys);
    }

    public TestKit(string config, ITestOutputHelper? output = null) : this(ConfigurationFactory.ParseString(config), null, output)
    {
    }

    public static new Config DefaultConfig => TestKitBase.DefaultConfig;

    protected static XunitAssertions Assertions { get; } = new();

    public void Dispose() => Dispose(true);

    /// <summary>Called before the system is terminated.</summary>
    protected virtual void AfterAll() { }

    /// <summary>Writes the log of a system to the test's output.</summary>
    protected void InitializeLogger(ActorSystem system)
    {
        if (Output is null) return;
        var logger = ((ExtendedActorSystem)system).SystemActorOf(Props.Create(() => new TestOutputLogger(Output)), "log-test");
        logger.Tell(new InitializeLogger(system.EventStream), ActorRefs.NoSender);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (_disposed) return;
        _disposed = true;
        try
        {
            AfterAll();
        }
        finally
        {
            Shutdown();
        }
    }
}
