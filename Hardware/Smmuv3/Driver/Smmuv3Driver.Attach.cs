using Iommu.Hardware.Caches;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3.Formats;
using Iommu.Messages;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>Attaching devices and their PASIDs: tags, entries, context descriptors, in an order that no unmap can fall between.</summary>
public sealed partial class Smmuv3Driver
{
    /// <returns>
    /// EINVAL for another SMMU's domain or device; ENOENT for a guest's stage 1 without a virtual device; EBUSY for anything but a stage 1
    /// of the host while PASIDs are attached.
    /// </returns>
    public Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to)
    {
        if (!_states.TryGetValue(device, out var state)) return Errno.EINVAL;
        if (to is not null && !ReferenceEquals(to.Iommu, this)) return Errno.EINVAL;
        var virtualId = (to as Smmuv3NestedDomain)?.Owner.VirtualIdOf(device);
        if (to is Smmuv3NestedDomain { Entry.Config: StreamConfig.Stage1 } && virtualId is null) return Errno.ENOENT;
        var guest = virtualId is { } id ? new GuestStream(((Smmuv3NestedDomain)to!).Owner, id) : null;
        if (state.Pasids.Count == 0) return new Result<IEnumerable<CommandBatch>>(Errno.None, AttachPlan(device, state, from, to, guest));
        return to is null or Smmuv3PagingDomain { Stage: Stage.One }
            ? new Result<IEnumerable<CommandBatch>>(Errno.None, DefaultPlan(device, state, from, to)) : Errno.EBUSY;
    }

    /// <returns>
    /// EOPNOTSUPP for a guest's stage 1; EINVAL for another SMMU's domain, a stage 2, a PASID that the device has not, or a device whose
    /// own address space is a guest's or a stage 2; ENOMEM.
    /// </returns>
    public Result<IEnumerable<CommandBatch>> AttachPasid(PhysicalDevice device, uint pasid, IDomain? from, IDomain? to)
    {
        if (!_states.TryGetValue(device, out var state) || (ulong)pasid >> state.Contexts.Bits != 0) return Errno.EINVAL;
        if (to is Smmuv3NestedDomain) return Errno.EOPNOTSUPP;
        if (to is not null && (to is not Smmuv3PagingDomain { Stage: Stage.One } || !ReferenceEquals(to.Iommu, this))) return Errno.EINVAL;
        if (to is not null && state.Domain is not (null or Smmuv3PagingDomain { Stage: Stage.One })) return Errno.EINVAL;
        if (state.Contexts.SlotOf(pasid) is not { } slot) return Errno.ENOMEM;
        return new Result<IEnumerable<CommandBatch>>(Errno.None, PasidPlan(device, state, (pasid, slot), from, (Smmuv3PagingDomain?)to));
    }

    // The new domain's tags are in its array before the entry is installed, the old one's leave after it is gone.
    private IEnumerable<CommandBatch> AttachPlan(
        PhysicalDevice device, StreamState state, IDomain? from, IDomain? to, GuestStream? guest)
    {
        var sid = device.StreamId;
        var added = AddTags(device, 0, to);
        _streams.WriteAbort(sid);
        var writer = NewBatch().Add(Command.CfgiSte(sid));
        if (state.AtsEnabled) writer.Add(Command.AtcInv(sid, 0, Command.AtcSizeAll));
        yield return writer.Close();

        state.AtsEnabled = added.Exists(entry => entry.Tag.Kind is CacheTagKind.Atc or CacheTagKind.NestedAtc);
        (state.Domain, state.Guest) = (to, guest);
        if (to is not null)
        {
            _streams.Write(sid, EntryFor(device, state, to));
            yield return NewBatch().Add(Command.CfgiCd(sid)).Add(Command.CfgiSte(sid)).Close();
        }
        foreach (var batch in DropTags(device, 0, from)) yield return batch;
    }

    // While PASIDs are in use only the descriptor of transactions without one changes, and whether there is one.
    private IEnumerable<CommandBatch> DefaultPlan(PhysicalDevice device, StreamState state, IDomain? from, IDomain? to)
    {
        var sid = device.StreamId;
        AddTags(device, 0, to);
        var slot = FirstSlotOf(state);
        _streams.WriteWord(sid, 1, ControlOf(device, state, DefaultSubstream.Terminates));
        state.Contexts.Clear(slot);
        var writer = NewBatch().Add(Command.CfgiSte(sid)).Add(Command.CfgiCd(sid));
        if (state.AtsEnabled) writer.Add(Command.AtcInv(sid, 0, Command.AtcSizeAll));
        yield return writer.Close();

        state.Domain = to;
        if (to is not null)
        {
            state.Contexts.Write(slot, DescriptorOf(device, (Smmuv3PagingDomain)to));
            _streams.WriteWord(sid, 1, ControlOf(device, state, DefaultSubstream.UsesZero));
            yield return NewBatch().Add(Command.CfgiCd(sid)).Add(Command.CfgiSte(sid)).Close();
        }
        foreach (var batch in DropTags(device, 0, from)) yield return batch;
    }

    private IEnumerable<CommandBatch> PasidPlan(
        PhysicalDevice device, StreamState state, (uint Pasid, ulong Slot) at, IDomain? from, Smmuv3PagingDomain? to)
    {
        var sid = device.StreamId;
        AddTags(device, at.Pasid, to);
        if (from is not null)
        {
            state.Contexts.Clear(at.Slot);
            var writer = NewBatch().Add(Command.CfgiCd(sid, at.Pasid));
            if (state.AtsEnabled) writer.Add(Command.AtcInv(sid, 0, Command.AtcSizeAll).OfSubstream(at.Pasid));
            yield return writer.Close();
        }
        if (to is not null) yield return InstallPasid(device, state, at, to);
        else if (state.Pasids.Remove(at.Pasid) && state.Pasids.Count == 0 && state.Domain is null)
        {
            _streams.WriteAbort(sid);
            state.AtsEnabled = false;
            yield return NewBatch().Add(Command.CfgiSte(sid)).Close();
        }
        foreach (var batch in DropTags(device, at.Pasid, from)) yield return batch;
    }

    // A device that is blocked otherwise needs an entry with a table of descriptors now.
    private CommandBatch InstallPasid(PhysicalDevice device, StreamState state, (uint Pasid, ulong Slot) at, Smmuv3PagingDomain to)
    {
        state.Contexts.Write(at.Slot, DescriptorOf(device, to));
        var writer = NewBatch().Add(Command.CfgiCd(device.StreamId, at.Pasid));
        if (state.Pasids.Count == 0 && state.Domain is null)
        {
            state.AtsEnabled = HasAts(device);
            _streams.Write(device.StreamId, Stage1Entry(device, state, DefaultSubstream.Terminates));
            writer.Add(Command.CfgiSte(device.StreamId));
        }
        state.Pasids.Add(at.Pasid);
        return writer.Close();
    }

    private List<(CacheTagSet<CacheTag> Set, CacheTag Tag)> AddTags(PhysicalDevice device, uint pasid, IDomain? domain)
    {
        var tags = TagsOf(device, pasid, domain);
        foreach (var (set, tag) in tags) set.Add(tag);
        return tags;
    }

    private IEnumerable<CommandBatch> DropTags(PhysicalDevice device, uint pasid, IDomain? domain)
    {
        var flush = NewBatch();
        foreach (var (set, tag) in TagsOf(device, pasid, domain))
            if (set.Remove(tag) && tag.Kind is CacheTagKind.Asid or CacheTagKind.Vmid) AddFlush(flush, tag);
        if (!flush.IsEmpty) yield return flush.Close();
    }

    private List<(CacheTagSet<CacheTag> Set, CacheTag Tag)> TagsOf(PhysicalDevice device, uint pasid, IDomain? domain)
    {
        var tags = new List<(CacheTagSet<CacheTag>, CacheTag)>();
        var hasAts = HasAts(device);
        if (domain is Smmuv3PagingDomain paging)
        {
            tags.Add((paging.Tags, paging.OwnTag));
            if (hasAts) tags.Add((paging.Tags, new CacheTag(CacheTagKind.Atc, device.StreamId, pasid)));
        }
        // A bypassed first stage leaves the addresses as the guest's physical ones, yet the VMID is the vIOMMU's.
        else if (domain is Smmuv3NestedDomain nested && hasAts && (nested.Entry.WantsAts || nested.Entry.Config == StreamConfig.Bypass))
            tags.Add((nested.Owner.ParentDomain.Tags, new CacheTag(CacheTagKind.NestedAtc, device.StreamId)));
        return tags;
    }

    private ulong[] EntryFor(PhysicalDevice device, StreamState state, IDomain to)
    {
        if (to is Smmuv3NestedDomain nested) return EntryFor(state, nested);
        var domain = (Smmuv3PagingDomain)to;
        if (domain.Stage == Stage.Two) return StreamTableWords.Stage2(domain.Table, domain.Tag, OutputBitsEncoded, state.AtsEnabled);
        state.Contexts.Write(FirstSlotOf(state), DescriptorOf(device, domain));
        return Stage1Entry(device, state, DefaultSubstream.UsesZero);
    }

    private ulong[] EntryFor(StreamState state, Smmuv3NestedDomain nested)
    {
        var (table, vmid) = (nested.Owner.ParentDomain.Table, nested.Owner.Vmid);
        var stage2 = StreamTableWords.Stage2(table, vmid, OutputBitsEncoded, state.AtsEnabled);
        return nested.Entry.Config switch
        {
            StreamConfig.Stage1 => StreamTableWords.Nested(stage2, nested.Entry.Word0, nested.Entry.Word1),
            StreamConfig.Bypass => stage2,
            _ => [StreamTable.Valid],
        };
    }

    private static ulong FirstSlotOf(StreamState state) =>
        state.Contexts.SlotOf(0) ?? throw new InvalidOperationException("the first leaf is made with the device");

    private ulong[] Stage1Entry(PhysicalDevice device, StreamState state, DefaultSubstream without) =>
        StreamTableWords.Stage1(state.Contexts, without, Stalls(device), state.AtsEnabled);

    private ulong ControlOf(PhysicalDevice device, StreamState state, DefaultSubstream without) =>
        StreamTableWords.Stage1Control(without, Stalls(device), state.AtsEnabled);

    private ulong[] DescriptorOf(PhysicalDevice device, Smmuv3PagingDomain domain) =>
        StreamTableWords.ContextDescriptor(domain.Table, domain.Tag, OutputBitsEncoded, Stalls(device));

    private int OutputBitsEncoded => (int)(_registers.Idr5 & 7);

    private bool HasAts(PhysicalDevice device) => device.HasAts && _registers.HasAts;

    private bool Stalls(PhysicalDevice device) => device.CanStall && _registers.HasStalls;
}
