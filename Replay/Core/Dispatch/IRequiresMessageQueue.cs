namespace Akka.Dispatch;

/// <summary>Names the kind of mailbox that an actor needs; here every mailbox serves.</summary>
public interface IRequiresMessageQueue<T> where T : ISemantics { }
