using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Event;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>Says which log events to expect or to mute.</summary>
public class EventFilterFactory
{
    private readonly TestKitBase _testkit;
    private readonly ActorSystem _system;
    private readonly IReadOnlyList<EventFilter> _filters;

    public EventFilterFactory(TestKitBase testkit) : this(testkit, testkit.Sys)
    {
    }

    public EventFilterFactory(TestKitBase testkit, ActorSystem system) : this(testkit, system, [])
    {
    }

    internal EventFilterFactory(TestKitBase testkit, ActorSystem system, IReadOnlyList<EventFilter> filters)
    {
        _testkit = testkit;
        _system = system;
        _filters = filters;
    }

    /// <summary>Errors whose cause is a TException; the text is the event's or the cause's.</summary>
    public IEventFilterApplier Exception<TException>(
        string? message = null, string? start = null, string? contains = null, string? source = null) where TException : Exception =>
        Exception(typeof(TException), message, start, contains, source);

    public IEventFilterApplier Exception<TException>(Regex pattern, string? source = null) where TException : Exception =>
        Exception(typeof(TException), pattern, source);

    /// <param name="checkInnerExceptions">Whether a cause of the cause will do.</param>
    public IEventFilterApplier Exception(
        Type exceptionType, string? message = null, string? start = null, string? contains = null, string? source = null,
        bool checkInnerExceptions = false) =>
        OfCause(exceptionType, TextMatcher.Message(message, start, contains), TextMatcher.Source(source), checkInnerExceptions);

    public IEventFilterApplier Exception(Type exceptionType, Regex pattern, string? source = null, bool checkInnerExceptions = false) =>
        OfCause(exceptionType, TextMatcher.Message(pattern), TextMatcher.Source(source), checkInnerExceptions);

    public IEventFilterApplier Error(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ErrorOf(TextMatcher.Message(message, start, contains), source);

    public IEventFilterApplier Error(Regex pattern, string? source = null) => ErrorOf(TextMatcher.Message(pattern), source);

    public IEventFilterApplier Warning(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        Of<Warning>(TextMatcher.Message(message, start, contains), source);

    public IEventFilterApplier Warning(Regex pattern, string? source = null) => Of<Warning>(TextMatcher.Message(pattern), source);

    public IEventFilterApplier Info(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        Of<Info>(TextMatcher.Message(message, start, contains), source);

    public IEventFilterApplier Info(Regex pattern, string? source = null) => Of<Info>(TextMatcher.Message(pattern), source);

    public IEventFilterApplier Debug(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        Of<Debug>(TextMatcher.Message(message, start, contains), source);

    public IEventFilterApplier Debug(Regex pattern, string? source = null) => Of<Debug>(TextMatcher.Message(pattern), source);

    public IEventFilterApplier Custom(Predicate<LogEvent> predicate) => Add(new EventFilter("Custom", e => predicate(e)));

    public IEventFilterApplier Custom<TLogEvent>(Predicate<TLogEvent> predicate) where TLogEvent : LogEvent =>
        Add(new EventFilter("Custom", e => e is TLogEvent typed && predicate(typed)));

    public IEventFilterApplier DeadLetter() => Dead(_ => true, null);

    public IEventFilterApplier DeadLetter<TMessage>(string? source = null) => Dead(m => m is TMessage, source);

    public IEventFilterApplier DeadLetter<TMessage>(Func<TMessage, bool> isMatch, string? source = null) =>
        Dead(m => m is TMessage message && isMatch(message), source);

    public IEventFilterApplier DeadLetter(Type type, string? source = null) => Dead(type.IsInstanceOfType, source);

    public IEventFilterApplier DeadLetter(Type type, Func<object, bool> isMatch, string? source = null) =>
        Dead(m => type.IsInstanceOfType(m) && isMatch(m), source);

    private IEventFilterApplier Of<TLogEvent>(TextMatcher text, string? source) where TLogEvent : LogEvent
    {
        var from = TextMatcher.Source(source);
        return Add(new EventFilter(typeof(TLogEvent).Name + text.Description + from.Description,
            e => e is TLogEvent && from.Matches(e.LogSource) && text.Matches(TextOf(e.Message))));
    }

    private IEventFilterApplier ErrorOf(TextMatcher text, string? source)
    {
        var from = TextMatcher.Source(source);
        return Add(new EventFilter($"Error{text.Description}{from.Description}",
            e => e is Error && from.Matches(e.LogSource)
                && (text.Matches(TextOf(e.Message)) || (e.Cause is { } cause && text.Matches(cause.Message)))));
    }

    private IEventFilterApplier OfCause(Type type, TextMatcher text, TextMatcher source, bool inner)
    {
        if (!typeof(Exception).IsAssignableFrom(type)) throw new ArgumentException($"The type must be an exception. It was: {type}");
        return Add(new EventFilter($"Error with Cause <{type}>{text.Description}{source.Description}",
            e => e is Error && source.Matches(e.LogSource) && CausesOf(e, inner).Any(c => type.IsInstanceOfType(c)
                && (text.Matches(TextOf(e.Message)) || text.Matches(c.Message)))));
    }

    private IEventFilterApplier Dead(Func<object, bool> matches, string? source)
    {
        var from = TextMatcher.Source(source);
        return Add(new EventFilter($"DeadLetter{from.Description}",
            e => e is Warning { Message: DeadLetter letter } && matches(letter.Message) && from.Matches(e.LogSource)));
    }

    private static string TextOf(object? message) => message?.ToString() ?? "null";

    private static IEnumerable<Exception> CausesOf(LogEvent e, bool inner)
    {
        for (var cause = e.Cause; cause is not null; cause = inner ? cause.InnerException : null) yield return cause;
    }

    private EventFilterApplier Add(EventFilter filter) => new(_testkit, _system, [.. _filters, filter]);
}
