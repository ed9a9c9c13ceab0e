namespace Iommu.Hardware.Queues;

/// <summary>
/// A command queue whose producer index is written without a word to whoever steps it: by a guest, in a page of registers that it has
/// mapped. The write rings; the first ring since the last <see cref="Answer"/> is passed on.
/// </summary>
public interface IDoorbellQueue : ICommandQueue
{
    /// <summary>Told, on the writer's thread, that there may be something to do; once, until it is answered.</summary>
    Action? Rung { get; set; }

    /// <summary>The ring was found empty: what is written from now on rings again. What was written just before did not.</summary>
    void Answer();
}
