namespace Iommu.Hardware.Memory;

/// <summary>
/// Registers of a device in the physical address space: an access there reaches the device and no memory. 32 bits at a time; a 64-bit
/// access is two of them, low half first. Any thread may call it.
/// </summary>
public interface IMmio
{
    /// <param name="offset">From the first register, a multiple of 4.</param>
    uint Read(ulong offset);

    /// <param name="offset">From the first register, a multiple of 4.</param>
    /// <param name="value">What is stored.</param>
    void Write(ulong offset, uint value);
}
