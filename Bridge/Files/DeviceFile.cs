using Iommu.Actors.Uapi;
using Iommu.Bridge.Processes;
using Iommu.Bridge.Protocol;
using Iommu.Bridge.Server;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Bridge.Files;

/// <summary>An open /dev/iommu or /dev/vfio/vfio of programs: their ioctls and mmaps.</summary>
/// <param name="file">The file behind it.</param>
/// <param name="host">Who may call.</param>
/// <param name="memory">The machine's.</param>
/// <param name="failures">Which steps of its calls fail.</param>
/// <param name="giver">Makes a program's end of a file that it is given.</param>
internal sealed class DeviceFile(
    IommufdFile file, ClientHost host, PhysicalMemory memory, ContextFailures failures, IFileGiver giver) : IServedFile
{
    private readonly MappedRegions _regions = new(file, memory);

    public async Task ServeAsync(ShimCall call)
    {
        var client = host.Find(call.Caller);
        client.Refresh(call.Request.Thread);
        using var lookups = client.Files.BeginCall();
        using var armed = failures.Arm(client.FailuresOf(call.Request.Thread));
        if (_regions.Any) _regions.Exchange();
        switch (call.Request.Op)
        {
            case ShimOp.Ioctl:
                await IoctlAsync(call, client);
                break;
            case ShimOp.Mmap:
                await MmapAsync(call);
                break;
            default:
                call.Refuse(Errno.EINVAL);
                break;
        }
    }

    public async Task ClosedAsync()
    {
        await _regions.EndUnmappedAsync();
        var regions = _regions.Any ? _regions.EndAllAsync() : Task.CompletedTask;
        file.Closed();
        // Mappings, and event files, keep it open; their ends are its end.
        if (file.IsClosed) await file.Ended;
        _ = regions;
    }

    private async Task IoctlAsync(ShimCall call, ClientProcess client)
    {
        var (command, argument) = ((uint)call.Request.Arg0, call.Request.Arg1);
        if ((Ioctl)command == Ioctl.Destroy && _regions.Any) await _regions.EndUnmappedAsync();
        var result = await file.IoctlAsync(client.Process, command, argument);
        if (_regions.Any) _regions.Exchange();
        if (result < 0) call.Reply(result);
        else if (client.Files.Take((int)Math.Min(result, int.MaxValue)) is { } returned)
            call.Reply(result, ShimReplyFlags.DescriptorIsResult, giver.Give(returned, file, call.Request.Program), 0);
        else if (DescriptorPlace.Of(command, argument, client.Process.Memory) is { } place && TokenAt(client, place) is { } opened)
            call.Reply(result, ShimReplyFlags.DescriptorIsStored, giver.Give(opened, file, call.Request.Program), place);
        else call.Reply(result);
    }

    private static IOpenFile? TokenAt(ClientProcess client, ulong place)
    {
        Span<byte> word = stackalloc byte[sizeof(int)];
        return client.Process.Memory.Read(place, word) == Errno.None ? client.Files.Take(BitConverter.ToInt32(word)) : null;
    }

    private async Task MmapAsync(ShimCall call)
    {
        var request = call.Request;
        var (offset, length) = (request.Arg0, request.Arg1);
        var kind = (MemoryMapKind)(request.Arg3 & 0xf);
        var result = await file.MmapAsync(offset, length, (MemoryProtection)request.Arg2, kind);
        if (result < 0) call.Reply(result);
        else call.Reply(0, ShimReplyFlags.None, _regions.Add(offset, (ulong)result, length), 0);
    }
}
