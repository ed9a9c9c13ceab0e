namespace Iommu.Replay;

/// <summary>Decides who runs next. An explorer supplies its own.</summary>
public interface ISchedule
{
    /// <summary>Index of the turn to take. Asked only when there are two or more; the first has been runnable longest.</summary>
    int Choose(IReadOnlyList<ITurn> runnable);
}
