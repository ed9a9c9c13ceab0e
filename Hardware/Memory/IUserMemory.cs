namespace Iommu.Hardware.Memory;

/// <summary>The memory of a process: what its calls and mappings name by user address, and what gets pinned.</summary>
public interface IUserMemory : IPageSource;
