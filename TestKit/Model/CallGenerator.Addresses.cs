using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>Addresses: mostly where areas begin and end.</summary>
internal sealed partial class CallGenerator
{
    private const ulong Page = ModelState.PageBytes;

    /// <summary>An IOVA of an IOAS: on or beside the border of an area, in a small range, or anywhere.</summary>
    public ulong Iova(ObjectId ioas)
    {
        var areas = _model.Find<IoasObject>(ioas)?.Areas.Values.ToList();
        if (areas is { Count: > 0 } && !OneIn(3))
        {
            var area = Pick(areas);
            return Pick(area.Iova, area.Iova, area.Last + 1, area.Iova + Page, area.Iova - Page, area.Last + 1 - Page) + Odd();
        }
        if (OneIn(20)) return Pick<ulong>(0, ulong.MaxValue, ulong.MaxValue - Page + 1, 1UL << 48, (1UL << 48) - Page, 1UL << 56);
        var hwpts = _model.Find<IoasObject>(ioas)?.Hwpts;
        var start = hwpts is { IsEmpty: false } ? hwpts.Max(hwpt => _model.Find<PagingObject>(hwpt)!.Limits.ApertureFirst)
            : Pick(0UL, 1UL << 24);
        return start + (ulong)random.Next(40) * Page + Odd();
    }

    /// <summary>A length: of some areas, of some pages, or none that fits.</summary>
    public ulong LengthBytes(ObjectId ioas)
    {
        var areas = _model.Find<IoasObject>(ioas)?.Areas.Values.ToList();
        if (areas is { Count: > 0 } && OneIn(3)) return Pick(areas).LengthBytes;
        if (OneIn(40)) return Pick<ulong>(0, 1, ulong.MaxValue, ulong.MaxValue - 1, ulong.MaxValue / 2, 1UL << 40);
        if (OneIn(12)) return (ulong)random.Next(1, 3) << 21;
        return (ulong)random.Next(1, 6) * Page + Odd();
    }

    /// <summary>An address in the memory of the process, or a little beside it.</summary>
    public ulong UserAddress()
    {
        var memory = Pick(_model.Machine.Memory).Range;
        if (OneIn(25)) return Pick(memory.Last + 1, memory.Last + 1 - Page, memory.Start - Page, 0UL, ulong.MaxValue - Page);
        var pages = (memory.Last - memory.Start + 1) / Page;
        return memory.Start + (OneIn(4) ? (ulong)random.Next(4) << 9 : (ulong)random.Next((int)Math.Min(64, pages))) % pages * Page + Odd();
    }

    public IoasMapFlags MapFlags(bool isFixed)
    {
        var flags = Pick(IoasMapFlags.Readable, IoasMapFlags.Readable | IoasMapFlags.Writeable,
            IoasMapFlags.Readable | IoasMapFlags.Writeable, IoasMapFlags.Writeable);
        if (OneIn(60)) flags = Pick(IoasMapFlags.None, (IoasMapFlags)8);
        return isFixed ? flags | IoasMapFlags.FixedIova : flags;
    }

    /// <summary>Ranges for ALLOW_IOVAS, in any order, now and then such as are refused.</summary>
    public List<IovaRange> AllowedRanges()
    {
        var ranges = new List<IovaRange>();
        var next = (ulong)random.Next(8) * Page;
        for (var count = random.Next(4); count > 0; count--)
        {
            var start = next + (ulong)random.Next(8) * Page;
            var last = start + (ulong)random.Next(1, 16) * Page - 1;
            ranges.Add(OneIn(20) ? new IovaRange(last, start) : new IovaRange(start, last));
            if (!OneIn(10)) next = last + 1;
        }
        if (OneIn(3) && ranges.Count < 3) ranges.Add(new IovaRange(1UL << 32, (1UL << 47) - 1));
        return ranges;
    }

    /// <summary>Some bytes off the page, rarely.</summary>
    private ulong Odd() => OneIn(24) ? Pick<ulong>(1, 16, 0x234, 0x800, Page - 1) : 0;
}
