using Akka.Actor;
using Akka.Event;
using Xunit.Abstractions;

namespace Akka.TestKit.Xunit2.Internals;

/// <summary>Writes log events to a test's output.</summary>
public class TestOutputLogger : ReceiveActor
{
    public TestOutputLogger(ITestOutputHelper output)
    {
        Receive<LogEvent>(e => Write(output, e));
        Receive<InitializeLogger>(request =>
        {
            request.LoggingBus.Subscribe(Self, typeof(LogEvent));
            Sender.Tell(new LoggerInitialized());
        });
    }

    private static void Write(ITestOutputHelper output, LogEvent e)
    {
        try
        {
            output.WriteLine(e.ToString());
        }
        catch (InvalidOperationException)
        {
            // The test is over; its output takes nothing any more.
            Context.Stop(Context.Self);
        }
    }
}
