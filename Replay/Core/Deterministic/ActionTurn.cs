namespace Iommu.Replay;

/// <summary>Code outside any actor that is to run on the deterministic scheduler.</summary>
internal sealed class ActionTurn(string name, Action action) : IRunnableTurn
{
    public string Actor => name;

    public object? Message => null;

    public void Take() => action();
}
