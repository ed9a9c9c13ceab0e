namespace Akka.TestKit;

/// <summary>Marks a test class whose messages shall have no sender; elsewhere the sender is the test actor.</summary>
public interface INoImplicitSender;
