using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>Calls on what is mapped.</summary>
internal sealed partial class CallGenerator
{
    public OptionOp OptionOp() => OneIn(12) ? (OptionOp)9 : Pick(Messages.Uapi.OptionOp.Get, Messages.Uapi.OptionOp.Set);

    public IoasMap Map(bool isFixed)
    {
        var ioas = Id<IoasObject>();
        return new IoasMap(ioas, MapFlags(isFixed), UserAddress(), LengthBytes(ioas), isFixed ? Iova(ioas) : 0);
    }

    public IoasUnmap Unmap()
    {
        var ioas = Id<IoasObject>();
        return OneIn(8) ? new IoasUnmap(ioas, 0, ulong.MaxValue) : new IoasUnmap(ioas, Iova(ioas), LengthBytes(ioas));
    }

    public IoasCopy Copy()
    {
        var (from, to) = (Id<IoasObject>(), Id<IoasObject>());
        var isFixed = OneIn(2);
        return new IoasCopy(to, from, MapFlags(isFixed), LengthBytes(from), Iova(from), isFixed ? Iova(to) : 0);
    }

    public VfioMapDma MapDma()
    {
        var ioas = _model.State.VfioIoas;
        var write = OneIn(2);
        return new VfioMapDma(!write || OneIn(2), write, UserAddress(), Iova(ioas), LengthBytes(ioas));
    }

    public VfioUnmapDma UnmapDma()
    {
        var ioas = _model.State.VfioIoas;
        if (OneIn(6)) return new VfioUnmapDma(OneIn(4) ? Page : 0, OneIn(4) ? Page : 0, All: true);
        return new VfioUnmapDma(Iova(ioas), LengthBytes(ioas));
    }

    public AccessPin AccessPin()
    {
        var (access, iova, length) = AccessRange();
        return new AccessPin(access, iova, length, OneIn(2));
    }

    public AccessUnpin AccessUnpin()
    {
        var id = Id<AccessObject>();
        if (_model.Find<AccessObject>(id) is { Pinned.IsEmpty: false } access && !OneIn(5))
        {
            var pinned = Pick(access.Pinned);
            return new AccessUnpin(id, pinned.Start, pinned.Last - pinned.Start + 1);
        }
        // A range that ends nowhere is no question: the kernel has no answer to an unpin.
        return new AccessUnpin(id, Iova(default) & ((1UL << 48) - 1), Page);
    }

    public Call AccessRw()
    {
        var (access, iova, length) = AccessRange();
        length = Math.Min(length, 4 * Page);
        return OneIn(2) ? new AccessRead(access, iova, length) : new AccessWrite(access, iova, new byte[length]);
    }

    private (ObjectId Access, ulong Iova, ulong LengthBytes) AccessRange()
    {
        var id = Id<AccessObject>();
        var ioas = _model.Find<AccessObject>(id)?.Ioas ?? default;
        return (id, Iova(ioas), LengthBytes(ioas));
    }

    public HwQueueAlloc HwQueueAlloc()
    {
        var viommu = Id<ViommuObject>();
        var hwpt = _model.Find<ViommuObject>(viommu)?.Hwpt ?? default;
        var ioas = _model.Find<PagingObject>(hwpt)?.Ioas ?? default;
        var type = OneIn(20) ? Pick(HwQueueType.Default, HwQueueType.Tegra241Cmdqv) : HwQueueType.Selftest;
        return new HwQueueAlloc(viommu, type, Pick(0u, 0u, 1u, 1u, 2u), Iova(ioas), LengthBytes(ioas), OneIn(40) ? 1u : 0);
    }

    public Mmap Mmap()
    {
        var length = OneIn(8) ? Pick(Page, 1UL, 4 * Page) : 2 * Page;
        return new Mmap(MmapOffset(), length, !OneIn(12), OneIn(12));
    }

    /// <summary>The offset of something to map, mostly.</summary>
    public ulong MmapOffset()
    {
        var regions = _model.State.Objects.Values.OfType<ViommuObject>().Where(viommu => viommu.MmapBytes > 0).ToList();
        return regions.Count == 0 || OneIn(8) ? Pick(0UL, Page, 2 * Page, 64 * Page) : Pick(regions).MmapOffset;
    }

    public HwptGetDirtyBitmap GetDirtyBitmap()
    {
        var hwpt = Id<PagingObject>();
        var flags = OneIn(20) ? (DirtyBitmapFlags)8 : Pick(DirtyBitmapFlags.None, DirtyBitmapFlags.NoClear);
        var ioas = _model.Find<PagingObject>(hwpt)?.Ioas ?? default;
        var length = LengthBytes(ioas);
        return new HwptGetDirtyBitmap(hwpt, flags, Iova(ioas), length > 1 << 20 ? 1 << 20 : length,
            Pick(Page, Page, Page / 2, 2 * Page, 0UL));
    }
}
