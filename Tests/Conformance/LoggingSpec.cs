using Akka.Actor;
using Akka.Event;

namespace Iommu.Tests.Conformance;

public class LoggingSpec : Spec
{
    public LoggingSpec() : this("") { }

    protected LoggingSpec(string config) : base("akka.loglevel = DEBUG\n" + config) { }

    [Fact]
    public void Each_level_is_an_event_of_its_own_class()
    {
        var logging = Sys.ActorOf<Talkative>();

        EventFilter.Debug("quiet").ExpectOne(() => logging.Tell(LogLevel.DebugLevel));
        EventFilter.Info(start: "inf").ExpectOne(() => logging.Tell(LogLevel.InfoLevel));
        EventFilter.Warning(contains: "arn").ExpectOne(() => logging.Tell(LogLevel.WarningLevel));
        EventFilter.Error("error 7").ExpectOne(() => logging.Tell(LogLevel.ErrorLevel));
    }

    [Fact]
    public void The_source_is_the_path_of_the_actor()
    {
        var logging = Sys.ActorOf<Talkative>("talkative");

        EventFilter.Info("info", source: logging.Path.ToString()).ExpectOne(() => logging.Tell(LogLevel.InfoLevel));
    }

    [Fact]
    public void A_failure_that_a_supervisor_handles_is_logged_as_an_error_with_its_cause()
    {
        var logging = Sys.ActorOf<Talkative>();

        EventFilter.Exception<Fault>("planned").ExpectOne(() => logging.Tell(new Fault("planned")));
    }

    [Fact]
    public void A_dead_letter_can_be_expected()
    {
        var actor = Sys.ActorOf<Echo>();
        Stop(actor);

        EventFilter.DeadLetter<string>(m => m == "lost").ExpectOne(() => actor.Tell("lost"));
    }

    [Fact]
    public void Too_few_events_fail_the_test_and_say_how_many_came()
    {
        var failure = Record.Exception(() => EventFilter.Info("never").Expect(2, Moment * 5, () => Sys.Log.Info("never")));

        Assert.Contains("1/2", failure!.Message);
    }

    [Fact]
    public void An_event_where_none_is_expected_fails_the_test()
    {
        var failure = Record.Exception(() => EventFilter.Info("surprise").Expect(0, Moment * 5, () => Sys.Log.Info("surprise")));

        Assert.Contains("Expected 0", failure!.Message);
    }

    private sealed class Talkative : ReceiveActor
    {
        private readonly ILoggingAdapter _log = Context.GetLogger();

        public Talkative()
        {
            Receive<Exception>(e => throw e);
            Receive<LogLevel>(level =>
            {
                switch (level)
                {
                    case LogLevel.DebugLevel: _log.Debug("quiet"); break;
                    case LogLevel.InfoLevel: _log.Info("info"); break;
                    case LogLevel.WarningLevel: _log.Warning("warning"); break;
                    default: _log.Error("error {0}", 7); break;
                }
            });
        }
    }
}
