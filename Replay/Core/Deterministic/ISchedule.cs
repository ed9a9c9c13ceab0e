namespace Iommu.Replay;

/// <summary>Decides who runs next. An explorer supplies its own.</summary>
public interface ISchedule
{
    /// <summary>Index of the turn to take. Asked only when there are two or more; the first has been runnable longest.</summary>
    int Choose(IReadOnlyList<ITurn> runnable);

    /// <summary>Is told of every turn before it is taken, whether there was a choice or not.</summary>
    void Taking(ITurn turn) { }
}
