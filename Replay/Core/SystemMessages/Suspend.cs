namespace Akka.Dispatch.SysMsg;

/// <summary>Take no ordinary messages until resumed.</summary>
public sealed class Suspend : SystemMessage
{
    internal override bool WaitsForChildren => true;

    public override string ToString() => "<Suspend>";
}
