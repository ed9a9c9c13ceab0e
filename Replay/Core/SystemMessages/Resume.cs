namespace Akka.Dispatch.SysMsg;

/// <summary>Undoes one <see cref="Suspend"/> or, with a cause, one failure.</summary>
public sealed class Resume : SystemMessage
{
    public Resume(Exception? causedByFailure) => CausedByFailure = causedByFailure!;

    public Exception CausedByFailure { get; set; }

    internal override bool WaitsForChildren => true;

    public override string ToString() =>
        "<Resume>" + (CausedByFailure is null ? "" : " CausedByFailure: " + CausedByFailure.GetType().Name);
}
