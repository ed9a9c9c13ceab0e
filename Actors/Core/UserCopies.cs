using Iommu.Messages;

namespace Iommu.Actors.Core;

/// <summary>Copies to the buffer of a read. Runs in the turn of who is read: it must not wait.</summary>
/// <param name="offsetBytes">Where in the buffer.</param>
/// <param name="bytes">What.</param>
/// <returns>0, or EFAULT when the buffer is not the process's to write.</returns>
public delegate Errno CopyOut(int offsetBytes, ReadOnlySpan<byte> bytes);

/// <summary>Copies from the buffer of a write. Runs in the turn of who is written to: it must not wait.</summary>
/// <param name="offsetBytes">Where in the buffer.</param>
/// <param name="bytes">Filled.</param>
/// <returns>0, or EFAULT when the buffer is not the process's to read.</returns>
public delegate Errno CopyIn(int offsetBytes, Span<byte> bytes);
