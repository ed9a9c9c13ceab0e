using Akka.Actor;
using Iommu.Actors.Core.Ioas;
using Iommu.Hardware;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Objects;

/// <summary>Maps: pages of the caller's memory, of its files, or those that another IOAS maps.</summary>
internal sealed partial class IoasActor
{
    private void Map(IoasMap call, UserProcess process)
    {
        var writable = call.Flags.HasFlag(IoasMapFlags.Writeable);
        Map(_environment.Pages.OfMemory(process, call.UserAddress, call.LengthBytes, writable), call.Flags, call.Iova);
    }

    private void MapFile(IoasMapFile call, UserProcess process)
    {
        var writable = call.Flags.HasFlag(IoasMapFlags.Writeable);
        Map(_environment.Pages.OfFile(process, call.Fd, call.Start, call.LengthBytes, writable), call.Flags, call.Iova);
    }

    private void Map(VfioMapDma call, UserProcess process)
    {
        var flags = IoasMapFlags.FixedIova
            | (call.Read ? IoasMapFlags.Readable : IoasMapFlags.None) | (call.Write ? IoasMapFlags.Writeable : IoasMapFlags.None);
        Map(_environment.Pages.OfMemory(process, call.UserAddress, call.LengthBytes, call.Write), flags, call.Iova);
    }

    /// <summary>The source's part. What it copies is durable before the copy is.</summary>
    private void Copy(IoasCopy call)
    {
        var caller = Sender;
        var pages = _pagetable.GetPages(call.SourceIova, call.LengthBytes);
        if (pages.Failed)
        {
            End(caller, pages.Errno);
            return;
        }
        DeferAsync(new MapCopied(call, pages.Value!), copied =>
        {
            _lifetime.Release(Release.Call);
            if (_environment.Table.Find(call.Destination, ObjectType.Ioas) is { } destination)
            {
                destination.Actor.Tell(copied, caller);
                return;
            }
            copied.LetGo();
            caller.Tell((Answer)Errno.ENOENT);
        });
    }

    private void Map(MapCopied copied) => Map(copied.Slices, copied.Call.Flags, copied.Call.DestinationIova);

    private void Map(Result<PinnedPages> pages, IoasMapFlags flags, ulong iova)
    {
        if (pages.Failed) End(Sender, pages.Errno);
        else Map([PagesSlice.All(pages.Value!)], flags, iova);
    }

    private void Map(IReadOnlyList<PagesSlice> slices, IoasMapFlags flags, ulong iova)
    {
        var caller = Sender;
        var access = (flags.HasFlag(IoasMapFlags.Readable) ? Access.Read : 0) | (flags.HasFlag(IoasMapFlags.Writeable) ? Access.Write : 0);
        var mapping = _pagetable.Map(slices, flags.HasFlag(IoasMapFlags.FixedIova) ? iova : null, access);
        if (mapping.Errno == Errno.None)
        {
            Persist([.. mapping.Areas.SelectMany(EventsOf)]);
            End(caller, new Answer(Errno.None, mapping.Iova));
        }
        else if (mapping.Undone.Count == 0) End(caller, mapping.Errno);
        else FlushAndFinish(mapping.Undone, () => End(caller, mapping.Errno));
    }

    private static IEnumerable<MappingEvent> EventsOf(IoArea area)
    {
        yield return area.Describe().ToEvent();
        if (area.Pages.Revoked) yield return new PagesRevoked(area.Pages.What.Number);
    }
}
