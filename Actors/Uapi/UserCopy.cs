using System.Runtime.InteropServices;
using Iommu.Hardware.Memory;
using Iommu.Messages;

namespace Iommu.Actors.Uapi;

/// <summary>Copies between a caller's memory and the binary structures, piece by piece: a length is the caller's word, no more.</summary>
internal static class UserCopy
{
    /// <summary>No driver's structure is longer: one that says it is will be refused for its length, and is not read.</summary>
    private const int UserDataBytesMax = 4096;

    private const int PageBytes = 4096;

    public static Errno Read<T>(this IUserMemory memory, ulong address, out T value) where T : unmanaged
    {
        value = default;
        return memory.Read(address, MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }

    /// <summary>The first bytes of a structure; the others stay as they are.</summary>
    public static Errno Read<T>(this IUserMemory memory, ulong address, int lengthBytes, ref T value) where T : unmanaged =>
        memory.Read(address, MemoryMarshal.AsBytes(new Span<T>(ref value))[..lengthBytes]);

    public static Errno Write<T>(this IUserMemory memory, ulong address, in T value) where T : unmanaged =>
        memory.Write(address, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>
    /// A structure whose caller may be older or newer (copy_struct_from_user): what it has not is zero, what it has more must be.
    /// </summary>
    /// <returns>E2BIG what it has more is not zero, EFAULT.</returns>
    public static Errno ReadStruct(this IUserMemory memory, ulong address, uint userSizeBytes, Span<byte> structure)
    {
        var known = (int)Math.Min(userSizeBytes, (uint)structure.Length);
        structure[known..].Clear();
        var errno = CheckZero(memory, address + (ulong)known, userSizeBytes - (ulong)known);
        return errno != Errno.None ? errno : memory.Read(address, structure[..known]);
    }

    /// <summary>A driver's own structure. Whether it can be read matters only when the driver gets as far as reading it.</summary>
    public static (byte[] Bytes, bool Faults) ReadUserData(this IUserMemory memory, ulong address, uint lengthBytes)
    {
        if (lengthBytes > UserDataBytesMax) return (new byte[UserDataBytesMax + 1], false);
        var bytes = new byte[lengthBytes];
        return (bytes, memory.Read(address, bytes) != Errno.None);
    }

    /// <summary>Overwrites with zeros (clear_user).</summary>
    public static Errno Clear(this IUserMemory memory, ulong address, ulong lengthBytes)
    {
        Span<byte> zeros = stackalloc byte[PageBytes];
        zeros.Clear();
        foreach (var (at, count) in Pieces(address, lengthBytes))
            if (memory.Write(at, zeros[..count]) != Errno.None) return Errno.EFAULT;
        return Errno.None;
    }

    /// <summary>Whether the caller could write all of it: each page gets what it has.</summary>
    public static Errno CheckWritable(this IUserMemory memory, ulong address, ulong lengthBytes)
    {
        Span<byte> page = stackalloc byte[PageBytes];
        foreach (var (at, count) in Pieces(address, lengthBytes))
            if (memory.Read(at, page[..count]) != Errno.None || memory.Write(at, page[..count]) != Errno.None) return Errno.EFAULT;
        return Errno.None;
    }

    private static Errno CheckZero(IUserMemory memory, ulong address, ulong lengthBytes)
    {
        Span<byte> page = stackalloc byte[PageBytes];
        foreach (var (at, count) in Pieces(address, lengthBytes))
        {
            if (memory.Read(at, page[..count]) != Errno.None) return Errno.EFAULT;
            if (page[..count].ContainsAnyExcept((byte)0)) return Errno.E2BIG;
        }
        return Errno.None;
    }

    /// <summary>A range in pieces that end where pages do, so that each is the caller's whole or not at all.</summary>
    private static IEnumerable<(ulong Address, int Count)> Pieces(ulong address, ulong lengthBytes)
    {
        while (lengthBytes > 0)
        {
            var count = (int)Math.Min(lengthBytes, PageBytes - address % PageBytes);
            yield return (address, count);
            address += (ulong)count;
            lengthBytes -= (ulong)count;
        }
    }
}
