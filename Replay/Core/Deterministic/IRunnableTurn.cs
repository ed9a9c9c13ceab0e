namespace Iommu.Replay;

/// <summary>A turn as the runtime sees it.</summary>
internal interface IRunnableTurn : ITurn
{
    void Take();
}
