using System.Collections.Immutable;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>
/// A domain whose tables the host writes: stage 1 under an ASID, or stage 2 under a VMID when it is a nest parent. Its
/// <see cref="Tags"/> name every cache that an unmap must reach: its own, and those of each vIOMMU that nests on it.
/// </summary>
public sealed class Smmuv3PagingDomain : IPagingDomain
{
    private readonly Smmuv3Driver _driver;

    internal Smmuv3PagingDomain(Smmuv3Driver driver, Stage stage, bool isNestParent, PageTable table, int tag) =>
        (_driver, Stage, IsNestParent, Table, Tag) = (driver, stage, isNestParent, table, tag);

    public IIommuDriver Iommu => _driver;

    public Stage Stage { get; }

    public bool IsNestParent { get; }

    public ulong PageSizes => (1UL << 12) | (1UL << 21) | (1UL << 30);

    public ulong ApertureLast => Bits.Mask(Table.Geometry.InputBits);

    /// <summary>The ASID of a stage 1, the VMID of a stage 2 where a device is attached to it without a vIOMMU.</summary>
    public int Tag { get; }

    public CacheTagSet<CacheTag> Tags { get; } = new();

    internal PageTable Table { get; }

    internal CacheTag OwnTag => new(Stage == Stage.One ? CacheTagKind.Asid : CacheTagKind.Vmid, (uint)Tag);

    public Errno Map(ulong iova, ulong physical, ulong lengthBytes, Access access) => Table.Map(iova, physical, lengthBytes, access);

    public ulong Unmap(ulong iova, ulong lengthBytes) => Table.Unmap(iova, lengthBytes);

    public ulong? Lookup(ulong iova) => Table.Lookup(iova);

    public IEnumerable<CommandBatch> Flush(ulong iova, ulong lengthBytes)
    {
        foreach (var batch in Flush(Tags.Read(), iova, lengthBytes)) yield return batch;
    }

    /// <summary>The invalidations of a range in the caches that are named; the frames of emptied tables are freed after them.</summary>
    public IEnumerable<CommandBatch> Flush(ImmutableArray<CacheTag> tags, ulong iova, ulong lengthBytes)
    {
        if (lengthBytes == 0 || iova > ApertureLast) yield break;
        var length = Math.Min(lengthBytes, ApertureLast - iova + 1);
        var detached = Table.TakeDetached(iova, iova + (length - 1));
        var leaf = detached.Count == 0;
        var writer = _driver.NewBatch();
        foreach (var tag in tags) AddInvalidation(writer, tag, iova, length, leaf);
        AddAtcInvalidations(writer, tags, iova, length);
        if (!writer.IsEmpty) yield return writer.Close();
        Table.FreeDetached(detached);
    }

    public IEnumerable<CommandBatch> Free() => _driver.FreePaging(this);

    private void AddInvalidation(CommandWriter writer, CacheTag tag, ulong iova, ulong length, bool leaf)
    {
        var id = (int)tag.Id;
        switch (tag.Kind)
        {
            case CacheTagKind.Asid:
                RangeCommands.AddTlbi(writer, _driver.HasRanges, iova, length, address => Command.NhVa(0, id, address, leaf));
                break;
            case CacheTagKind.Vmid:
                RangeCommands.AddTlbi(writer, _driver.HasRanges, iova, length, address => Command.S2Ipa(id, address, leaf));
                break;
            case CacheTagKind.NestedVmid:
                RangeCommands.AddTlbi(writer, _driver.HasRanges, iova, length, address => Command.S2Ipa(id, address, leaf));
                writer.Add(Command.NhAll(id));
                break;
        }
    }

    // Without a substream it reaches all of them: there is no other way to those that have none.
    private static Command AtcInvalidation(CacheTag tag, ulong iova, ulong length)
    {
        var command = RangeCommands.AtcInv(tag.Id, iova, length);
        return tag.Pasid == 0 ? command : command.OfSubstream(tag.Pasid);
    }

    // After the TLBs: a device that refills its ATC meanwhile must not get the old translation from them again.
    private void AddAtcInvalidations(CommandWriter writer, ImmutableArray<CacheTag> tags, ulong iova, ulong length)
    {
        if (!writer.IsEmpty && tags.Any(tag => tag.Kind is CacheTagKind.Atc or CacheTagKind.NestedAtc)) writer.Add(Command.Sync());
        foreach (var tag in tags)
        {
            if (tag.Kind == CacheTagKind.Atc) writer.Add(AtcInvalidation(tag, iova, length));
            else if (tag.Kind == CacheTagKind.NestedAtc) writer.Add(Command.AtcInv(tag.Id, 0, Command.AtcSizeAll));
        }
    }
}
