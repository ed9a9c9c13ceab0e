namespace Akka.Dispatch;

/// <summary>A kind of mailbox.</summary>
public interface ISemantics { }
