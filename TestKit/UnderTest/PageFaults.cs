using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iommu.Actors;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.UnderTest.Probes;

namespace Iommu.TestKit.UnderTest;

/// <summary>A fault queue (IOMMU_FAULT_QUEUE_ALLOC), as its VMM reads and answers it.</summary>
public sealed class PageFaults : EventFileUnderTest
{
    private static readonly int FaultBytes = Unsafe.SizeOf<IommuHwptPgfault>();

    internal PageFaults(EventQueueAnswer queue, TimeSpan patience) : base(queue, patience)
    {
    }

    /// <summary>Expects a page fault that has come, or comes soon; those before it are read too, and wait for their answers.</summary>
    /// <param name="device">The bound device that it is of.</param>
    /// <param name="address">The address, in the first stage; null for any.</param>
    /// <exception cref="ExpectationException">None came.</exception>
    public async Task<IommuHwptPgfault> ExpectAsync(ObjectId device, ulong? address = null)
    {
        var others = new List<string>();
        while (await ReadAsync(FaultBytes) is { IsEmpty: false } bytes)
        {
            var fault = MemoryMarshal.Read<IommuHwptPgfault>(bytes.Span);
            if (fault.DevId == device.Value && (address is null || fault.Addr == address)) return fault;
            others.Add($"device {fault.DevId} at 0x{fault.Addr:x}, group {fault.Grpid}, {fault.Perm}");
        }
        throw Missing($"a page fault of device {device}{Probe.At(address)}", "page faults", others);
    }

    /// <summary>Answers the group of a fault.</summary>
    /// <param name="fault">One that was read.</param>
    /// <param name="code">What its device is told.</param>
    /// <exception cref="ExpectationException">The answer is refused.</exception>
    public async Task RespondAsync(IommuHwptPgfault fault, PageResponseCode code)
    {
        IommuHwptPageResponse[] response = [new() { Cookie = fault.Cookie, Code = code }];
        var answer = await File.WriteAsync(MemoryMarshal.AsBytes(response.AsSpan()).ToArray());
        if (answer.Errno != Errno.None)
            throw new ExpectationException($"the answer {code} to a page fault under cookie {fault.Cookie} is refused: {answer.Errno}");
    }
}
