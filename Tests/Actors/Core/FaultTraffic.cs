using Iommu.Actors.Core;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Actors.Core;

/// <summary>Random faults of a few attachments, and buffers that fail at an offset.</summary>
internal sealed class FaultTraffic(int seed)
{
    private readonly TrivialIommu _iommu = new("faulting");
    private readonly List<AttachHandle> _handles = [];
    private uint _lastGroup;

    public Random Random { get; } = new(seed);

    /// <summary>One of three attachments that stand now.</summary>
    public AttachHandle Handle()
    {
        while (_handles.Count < 3) _handles.Add(Attach());
        return _handles[Random.Next(_handles.Count)];
    }

    /// <summary>Another one takes its place.</summary>
    public void End(AttachHandle handle) => _handles.Remove(handle);

    public AttachHandle Attach()
    {
        var number = (uint)Random.Next(1, 4);
        return new AttachHandle(new ObjectId(number), new PhysicalDevice($"dev{number}", number, _iommu), (uint)Random.Next(3));
    }

    public IReadOnlyList<PageFault> Group(AttachHandle handle)
    {
        var count = Random.Next(4) == 0 ? Random.Next(2, 5) : 1;
        var pasid = handle.Pasid == 0 ? PageFaultFlags.None : PageFaultFlags.PasidValid;
        var group = ++_lastGroup;
        return [.. Enumerable.Range(1, count).Select(i => new PageFault(
            pasid | (i == count ? PageFaultFlags.LastPage : PageFaultFlags.None), handle.Pasid, group,
            (PageFaultPermissions)Random.Next(1, 16), (ulong)Random.NextInt64() & ~0xfffUL))];
    }

    /// <summary>Room for a few faults; sometimes for none, and sometimes for a part of one.</summary>
    public int RoomBytes() => Random.Next(10) switch
    {
        0 => 0,
        1 => Random.Next(400),
        _ => 40 * Random.Next(1, 10),
    };

    /// <summary>Where a buffer ends for the process: mostly behind what is used of it.</summary>
    public int EndOfBuffer(int countBytes) => Random.Next(3) == 0 ? Random.Next(countBytes + 1) : int.MaxValue;

    /// <summary>Answers, mostly right, to groups of which at most this many were read.</summary>
    public byte[] Responses(int cookieMax)
    {
        var bytes = new byte[8 * Random.Next(4) + (Random.Next(20) == 0 ? 3 : 0)];
        for (var at = 0; at + 8 <= bytes.Length; at += 8)
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(at), Random.Next(cookieMax + 2));
            BitConverter.TryWriteBytes(bytes.AsSpan(at + 4), Random.Next(12) == 0 ? 2 : Random.Next(2));
        }
        return bytes;
    }

    public static CopyOut Into(byte[] buffer, int end) => (offset, bytes) =>
    {
        if (offset + bytes.Length > end) return Errno.EFAULT;
        bytes.CopyTo(buffer.AsSpan(offset));
        return Errno.None;
    };

    public static CopyIn From(byte[] buffer, int end) => (offset, bytes) =>
    {
        if (offset + bytes.Length > end) return Errno.EFAULT;
        buffer.AsSpan(offset, bytes.Length).CopyTo(bytes);
        return Errno.None;
    };
}
