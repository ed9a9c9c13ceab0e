using Akka.Event;

namespace Akka.TestKit.Internal;

/// <summary>Which log events are expected, and what a failure calls them.</summary>
internal sealed record EventFilter(string Description, Func<LogEvent, bool> Matches);
