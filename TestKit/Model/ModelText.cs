using System.Text;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>
/// Calls, answers and states as text: what is compared, and what a listing shows. Of an answer, only what the kernel writes back.
/// </summary>
internal static class ModelText
{
    public static string Of(Call call) => call switch
    {
        AccessWrite write => $"AccessWrite({write.Access}, iova 0x{write.Iova:x}, {write.Bytes.Length} bytes)",
        AccessCall access => $"{access.GetType().Name}({access.Access}{Plain(access, "")[access.GetType().Name.Length..]})",
        HwptAlloc alloc => Plain(call, $", Data = {Bytes(alloc.Data)}"),
        ViommuAlloc alloc => Plain(call, $", Data = {Bytes(alloc.Data)}"),
        HwptInvalidate invalidate => Plain(call, $", Entries = {Bytes(invalidate.Entries)}"),
        IoasAllowIovas allow => Plain(call, $", Ranges = [{string.Join(", ", allow.Ranges.Select(Of))}]"),
        IoasMap map =>
            $"IoasMap(ioas {map.Ioas}, {map.Flags}, user 0x{map.UserAddress:x}, length 0x{map.LengthBytes:x}, iova 0x{map.Iova:x})",
        IoasUnmap unmap => $"IoasUnmap(ioas {unmap.Ioas}, iova 0x{unmap.Iova:x}, length 0x{unmap.LengthBytes:x})",
        IoasCopy copy => $"IoasCopy(to {copy.Destination} 0x{copy.DestinationIova:x}, from {copy.Source} 0x{copy.SourceIova:x}, "
            + $"{copy.Flags}, length 0x{copy.LengthBytes:x})",
        _ => Plain(call, ""),
    };

    public static string Of(Call call, Answer answer)
    {
        // What a failed call writes back is only looked at where the kernel writes.
        var written = answer.Errno == Errno.None || call is HwptInvalidate or VfioUnmapDma;
        return answer switch
        {
            IovaRangesAnswer ranges =>
                $"{answer.Errno} alignment {ranges.Alignment}: {string.Join(", ", ranges.Ranges.Select(Of))}",
            _ when !written => answer.Errno.ToString(),
            HwInfoAnswer info => $"ok {info.Type} {Bytes(info.Data)} {info.Capabilities} pasid bits {info.MaxPasidLog2}",
            ViommuAnswer { Data.IsEmpty: false } viommu => $"ok {viommu.Viommu} {Bytes(viommu.Data)}",
            BytesAnswer bytes => $"ok {bytes.Bytes.Length} bytes",
            PagesAnswer pages => $"ok {string.Join(' ', pages.Pages.Select(page => $"0x{page:x}"))}",
            DirtyBitmapAnswer dirty => $"ok {Bytes(dirty.Bitmap.TrimEnd((byte)0))}",
            // Where the region is in the host the model does not know; a map of VFIO's writes nothing back.
            _ when call is Mmap or VfioMapDma => "ok",
            VfioInfoAnswer vfio => $"ok page sizes 0x{vfio.PageSizes:x}: {string.Join(", ", vfio.Ranges.Select(Of))}",
            _ => $"{(answer.Errno == Errno.None ? "ok" : answer.Errno)} 0x{answer.Value:x}",
        };
    }

    /// <summary>A line an object, in the order of ids; then what belongs to the whole context.</summary>
    public static string Of(IommufdModel model)
    {
        var state = model.State;
        var text = new StringBuilder();
        foreach (var (id, value) in state.Objects) Object(text, id, value, state);
        if (!state.Tombstones.IsEmpty) text.AppendLine($"tombstones {string.Join(", ", state.Tombstones)}");
        if (state.VfioIoas != ObjectId.None) text.AppendLine($"vfio {state.VfioIoas}");
        if (state.RlimitMode != 0) text.AppendLine("pins are the process's");
        return text.Append($"pins {model.Pins()}").ToString();
    }

    /// <summary>Everything that a later call could depend on: two states with the same text answer every call alike.</summary>
    public static string Fingerprint(IommufdModel model)
    {
        var state = model.State;
        var text = new StringBuilder();
        var numbers = new Dictionary<int, int>();
        foreach (var (id, value) in state.Objects)
        {
            if (value is not IoasObject ioas)
            {
                text.Append($"{id}{value};");
                if (value is PinningObject pinning) text.Append($"{string.Join(',', pinning.Pinned)};");
                continue;
            }
            text.Append($"{id}ioas{ioas.LargePages}{string.Join(',', ioas.Hwpts)}/{string.Join(',', ioas.Allowed)};");
            foreach (var area in ioas.Areas.Values)
            {
                if (!numbers.TryGetValue(area.Pages.Number, out var number)) numbers[area.Pages.Number] = number = numbers.Count;
                text.Append($"{area.Iova:x}+{area.LengthBytes:x}:{area.Address:x}{area.Rights}{number}{area.NoAccess}{area.IsGoing}");
                text.Append($"{area.Pages.Writable}{area.Pages.File};");
            }
        }
        foreach (var (at, attachment) in state.Attachments)
            text.Append($"{at}{attachment.Hwpt}{string.Join(',', attachment.Devices)};");
        text.Append($"{string.Join(',', state.Tombstones)}/{string.Join(',', state.Leaving)}/{string.Join(',', state.Arriving)}/");
        return text.Append($"{state.VfioIoas}/{state.NoIommu}/{state.RlimitMode}").ToString();
    }

    public static string Object(uint id, ObjectType type, IEnumerable<ObjectId> references, string what) =>
        $"{id} {type.Name()}{string.Concat(references.OrderBy(reference => reference.Value).Select(reference => $" <{reference}>"))}{what}";

    public static string Area(ulong iova, ulong last, ulong address, bool readable, bool writeable) =>
        $"  0x{iova:x}-0x{last:x} is 0x{address:x} {(readable ? "r" : "")}{(writeable ? "w" : "")}";

    private static void Object(StringBuilder text, uint id, ModelObject value, ModelState state)
    {
        var what = value switch
        {
            DeviceObject device => $" {device.Name}{Attached(id, state)}",
            PagingObject { Auto: true } => " auto",
            PagingObject { Tracking: true } => " tracking",
            VdeviceObject vdevice => $" {vdevice.VirtualId:x}",
            _ => "",
        };
        text.AppendLine(Object(id, value.Type, value.References, what));
        if (value is not IoasObject mapped) return;
        foreach (var area in mapped.Areas.Values)
            text.AppendLine(Area(area.Iova, area.Last, area.Address,
                area.Rights.HasFlag(IoasMapFlags.Readable), area.Rights.HasFlag(IoasMapFlags.Writeable)));
        foreach (var range in mapped.Allowed) text.AppendLine($"  allowed {Of(range)}");
        if (!mapped.LargePages) text.AppendLine("  small pages");
    }

    private static string Attached(uint device, ModelState state) => string.Concat(state.Attachments
        .Where(entry => entry.Value.Devices.Contains(device)).Select(entry => $" {entry.Key.Pasid}:{entry.Value.Hwpt}"));

    public static string Of(IovaRange range) => $"0x{range.Start:x}-0x{range.Last:x}";

    private static string Bytes(ReadOnlyMemory<byte> bytes) => bytes.IsEmpty ? "-" : Convert.ToHexString(bytes.Span).ToLowerInvariant();

    private static string Plain(Call call, string more)
    {
        var fields = call.GetType().GetProperties()
            .Where(field => field.DeclaringType == call.GetType() && field.Name != "EqualityContract")
            .Where(field => field.PropertyType.IsValueType && !field.PropertyType.IsGenericType || field.PropertyType == typeof(string))
            .Select(field => $"{field.Name} = {field.GetValue(call)}");
        return $"{call.GetType().Name}({string.Join(", ", fields)}{more})";
    }
}
