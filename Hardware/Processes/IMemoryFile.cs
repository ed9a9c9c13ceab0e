using Iommu.Hardware.Memory;

namespace Iommu.Hardware.Processes;

/// <summary>A memfd, of small pages or of huge ones: pages by offset, which can be pinned.</summary>
public interface IMemoryFile : IPageSource, IHeldFile
{
    ulong LengthBytes { get; }
}
