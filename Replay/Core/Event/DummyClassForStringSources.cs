namespace Akka.Event;

/// <summary>The log class of a source that is only a name.</summary>
public class DummyClassForStringSources { }
