namespace Iommu.Hardware.Processes;

/// <summary>What a file is ready for, in poll()'s bits (asm-generic/poll.h).</summary>
[Flags]
public enum PollEvents : ushort
{
    None = 0,
    /// <summary>POLLIN: a read finds something.</summary>
    In = 0x001,
    /// <summary>POLLOUT: a write does not wait.</summary>
    Out = 0x004,
    /// <summary>POLLNVAL: the file is not open.</summary>
    Invalid = 0x020,
    /// <summary>POLLRDNORM.</summary>
    ReadNormal = 0x040,
}
