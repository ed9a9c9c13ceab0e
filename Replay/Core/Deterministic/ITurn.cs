namespace Iommu.Replay;

/// <summary>Something that could run next: an actor's next message, a reply on its way to who asked, a continuation.</summary>
public interface ITurn
{
    /// <summary>Path of the actor without address, or what else takes the turn.</summary>
    string Actor { get; }

    /// <summary>The message of the turn, if it has one.</summary>
    object? Message { get; }
}
