using System.Runtime.InteropServices;

namespace Iommu.Hardware.Caches;

/// <summary>A number alone on its cache lines: what a thread writes all the time must not slow down what others read beside it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct PaddedLong
{
    [FieldOffset(128)] public long Value;
}
