namespace Iommu.Hardware.Processes;

/// <summary>What a file descriptor names. Several descriptors, also of several processes, may name one open file.</summary>
public interface IOpenFile
{
    /// <summary>The last descriptor of it is closed.</summary>
    void Closed();
}
