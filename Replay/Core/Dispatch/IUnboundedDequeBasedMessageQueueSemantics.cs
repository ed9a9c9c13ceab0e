namespace Akka.Dispatch;

/// <summary>A mailbox without limit that also takes messages at its front.</summary>
public interface IUnboundedDequeBasedMessageQueueSemantics : ISemantics { }
