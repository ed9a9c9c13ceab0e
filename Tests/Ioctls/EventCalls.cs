using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Objects;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Ioctls;

/// <summary>Short names for the calls of fault queues and event queues that tests make.</summary>
internal static class EventCalls
{
    /// <summary>A creating call of either queue that must succeed.</summary>
    public static async Task<EventQueueAnswer> Open(this SimulatorHarness iommu, Call call)
    {
        var answer = await iommu.Call(call);
        Assert.Equal(Errno.None, answer.Errno);
        return Assert.IsType<EventQueueAnswer>(answer);
    }

    public static Task<EventQueueAnswer> FaultQueue(this SimulatorHarness iommu) => iommu.Open(new FaultQueueAlloc());

    public static HwptAlloc WithFaults(ObjectId device, ObjectId ioas, ObjectId queue) =>
        new(device, ioas, HwptAllocFlags.FaultIdValid, FaultQueue: queue);

    /// <summary>A device on an HWPT that names the queue.</summary>
    public static async Task<FaultingDevice> Faulting(this SimulatorHarness iommu, ObjectId queue)
    {
        var device = await iommu.Bind();
        var hwpt = await iommu.Id(WithFaults(device, await iommu.Ioas(), queue));
        return new FaultingDevice(device, iommu.Context.Table.Find(hwpt)!, iommu.First.Queue);
    }

    /// <summary>A vIOMMU with what it needs below it.</summary>
    public static async Task<ObjectId> Guest(this SimulatorHarness iommu, string device = "first-dev0")
    {
        var bound = await iommu.Bind(device);
        return await iommu.Viommu(bound, await iommu.NestParent(bound, await iommu.Ioas()));
    }

    public static async Task<Errno> Report(this SimulatorHarness iommu, ObjectId viommu, VeventqType type, params byte[] data)
    {
        var answer = await iommu.Context.Table.Find(viommu)!.Actor.Ask<Answer>(new ReportVevent(type, data), TimeSpan.FromMinutes(1));
        return answer.Errno;
    }

    /// <summary>A read of faults: the cookie of each.</summary>
    public static async Task<string> Cookies(this EventFile file, int countBytes = 400)
    {
        var read = await file.ReadAsync(countBytes);
        Assert.Equal(Errno.None, read.Errno);
        return string.Join(' ', Enumerable.Range(0, read.Bytes.Length / 40)
            .Select(i => BitConverter.ToUInt32(read.Bytes.Span[(40 * i + 36)..])));
    }

    public static Task<Answer> Respond(this EventFile file, params (uint Cookie, uint Code)[] responses) => file.WriteAsync(
        responses.SelectMany(r => BitConverter.GetBytes(r.Cookie).Concat(BitConverter.GetBytes(r.Code))).ToArray());
}
