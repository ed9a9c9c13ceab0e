using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;

namespace Iommu.Hardware.Mock;

/// <summary>A simulated host with the kernel's selftest loaded: memory, processes, and a mock IOMMU without devices yet.</summary>
public sealed class MockMachine
{
    private const ulong FirstFrame = 0x1_0000_0000;

    /// <param name="frames">Frames of 4 KiB that processes and vIOMMUs can take; only what is written costs memory.</param>
    public MockMachine(long frames = 1L << 24)
    {
        Frames = new FrameAllocator(Memory, FirstFrame, frames);
        Iommu = new MockIommu(Machine, Memory, Frames);
        Machine.Mock = Iommu;
    }

    public PhysicalMemory Memory { get; } = new();

    public FrameAllocator Frames { get; }

    /// <summary>For the simulator.</summary>
    public Machine Machine { get; } = new([], []);

    public MockIommu Iommu { get; }

    /// <summary>The address space of a new process.</summary>
    public UserAddressSpace CreateAddressSpace() => new(Memory, Frames);
}
