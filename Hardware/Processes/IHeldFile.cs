namespace Iommu.Hardware.Processes;

/// <summary>A file with memory in it, which lives on after its last descriptor is closed, for as long as a mapping holds it.</summary>
public interface IHeldFile : IOpenFile
{
    /// <summary>What journals know it by, the same in every run: from 1 to 2^64 - 2.</summary>
    ulong Number { get; }

    /// <summary>One holder more. False when the file is gone already.</summary>
    bool TryHold();

    void LetGo();
}
