using System.Runtime.InteropServices;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Vtd;

/// <summary>Structures of the uAPI as a VMM fills them in.</summary>
internal static class VtdParts
{
    public static UserData FirstStage(ulong root, uint width = 48, ulong flags = 0)
    {
        var data = new IommuHwptVtdS1 { PgtblAddr = root, AddrWidth = width, Flags = flags };
        return new UserData(HwptDataType.VtdS1, Bytes(ref data));
    }

    public static byte[] Invalidation(ulong address, ulong pages, uint flags = 0, uint reserved = 0)
    {
        var entry = new IommuHwptVtdS1Invalidate { Addr = address, Npages = pages, Flags = flags, Reserved = reserved };
        return Bytes(ref entry);
    }

    public static PreparedInvalidation Invalidate(this INestedDomain domain, params byte[][] entries) =>
        domain.Invalidate(InvalidateDataType.VtdS1, entries.SelectMany(entry => entry).ToArray(), entries[0].Length, entries.Length);

    private static byte[] Bytes<T>(ref T value) where T : unmanaged =>
        MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref value, 1)).ToArray();
}
