using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Drivers;

/// <summary>A structure of a driver's own that comes with a call (struct iommu_user_data).</summary>
/// <param name="Type">Its type, in the numbering of the call.</param>
/// <param name="Bytes">Its bytes as the caller has them.</param>
public readonly record struct UserData(uint Type, ReadOnlyMemory<byte> Bytes)
{
    public UserData(ViommuType type, ReadOnlyMemory<byte> bytes = default) : this((uint)type, bytes) { }

    public UserData(HwptDataType type, ReadOnlyMemory<byte> bytes) : this((uint)type, bytes) { }

    /// <summary>The caller's memory cannot be read there. What <see cref="Bytes"/> has is its length, and no more.</summary>
    public bool Faults { get; init; }

    public static UserData Of(HwptAlloc call) => new(call.DataType, call.Data) { Faults = call.DataFaults };

    public static UserData Of(ViommuAlloc call) => new(call.Type, call.Data) { Faults = call.DataFaults };

    public bool IsEmpty => Bytes.IsEmpty;

    /// <summary>
    /// The structure, zero filled to the length that this side knows (iommu_copy_struct_from_user).
    /// </summary>
    /// <param name="type">The type that is expected.</param>
    /// <param name="lengthMin">Length of the structure when it was first defined.</param>
    /// <param name="lengthKnown">Length of it as known here.</param>
    /// <returns>EINVAL another type, or a length outside the two; EFAULT.</returns>
    public Result<byte[]> Copy(uint type, int lengthMin, int lengthKnown)
    {
        if (Type != type || Bytes.Length < lengthMin || Bytes.Length > lengthKnown) return Errno.EINVAL;
        if (Faults) return Errno.EFAULT;
        var copy = new byte[lengthKnown];
        Bytes.Span.CopyTo(copy);
        return copy;
    }
}
