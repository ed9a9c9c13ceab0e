using System.Collections.Concurrent;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Smmuv3.Caches;
using Iommu.Hardware.Smmuv3.Walk;

namespace Iommu.Hardware.Smmuv3;

/// <summary>Carries out the invalidation commands of one queue on the caches of its SMMU (IHI 0070, 4.3 to 4.5).</summary>
internal sealed class Invalidator(SmmuCore core, ConcurrentDictionary<uint, StreamContext> streams)
{
    private readonly QueueLog<Command> _log = core.Log.Open();

    /// <summary>Removes what a command covers; false when the SMMU does not know the command (CERROR_ILL).</summary>
    public bool Apply(Command command)
    {
        if (!IsKnown(command.Opcode)) return false;
        _log.Append(command);
        switch (command.Opcode)
        {
            case Opcode.TlbiNhVa: ByAddress(command); break;
            case Opcode.TlbiNhVaa: ByAddressAnyAsid(command); break;
            case Opcode.TlbiS2Ipa: ByIntermediateAddress(command); break;
            case Opcode.TlbiNhAsid: core.Vmids.Find(command.Vmid)?.Find(command.Asid)?.Own.Raise(core.Log.Tick()); break;
            case Opcode.TlbiNhAll: core.Vmids.Find(command.Vmid)?.Stage1Floor.Raise(core.Log.Tick()); break;
            case Opcode.TlbiS12Vmall: AllOf(core.Vmids.Find(command.Vmid), core.Log.Tick()); break;
            case Opcode.TlbiNsnhAll: Everything(core.Log.Tick()); break;
            case Opcode.CfgiSte: Find(command.StreamId)?.ForgetEntry(); break;
            case Opcode.CfgiSteRange: ForgetEntries(command); break;
            case Opcode.CfgiCd: Find(command.StreamId)?.ForgetDescriptor(command.Substream); break;
            case Opcode.CfgiCdAll: Find(command.StreamId)?.ForgetDescriptors(); break;
            case Opcode.AtcInv: InAtc(command); break;
        }
        return true;
    }

    /// <summary>The queue has come to a CMD_SYNC: what it had before is done.</summary>
    public void Settle() => _log.Settle();

    private bool IsKnown(Opcode opcode) => opcode switch
    {
        Opcode.CfgiSte or Opcode.CfgiSteRange or Opcode.PrefetchConfig or Opcode.PrefetchAddress or Opcode.TlbiNsnhAll => true,
        Opcode.CfgiCd or Opcode.CfgiCdAll => core.Registers.HasStage1,
        Opcode.TlbiNhAll or Opcode.TlbiNhAsid or Opcode.TlbiNhVa or Opcode.TlbiNhVaa => core.Registers.HasStage1,
        Opcode.TlbiS12Vmall or Opcode.TlbiS2Ipa => core.Registers.HasStage2,
        Opcode.AtcInv => core.Registers.HasAts,
        _ => false,
    };

    private static void AllOf(VmidTags? vmid, long sequence)
    {
        vmid?.Stage1Floor.Raise(sequence);
        vmid?.Stage2.Own.Raise(sequence);
    }

    private void ByAddress(Command command)
    {
        if (core.Vmids.Find(command.Vmid) is not { } vmid) return;
        if (vmid.Find(command.Asid) is { } tag) RemoveStage1(command, tag);
        if (vmid.Global.LeafSizes != 0) RemoveStage1(command, vmid.Global);
    }

    private void RemoveStage1(Command command, TranslationTag tag)
    {
        var (first, last) = InvalidationScope.RangeOf(command);
        core.Tlb.Remove(tag, first, last, tag.LeafSizes & InvalidationScope.LeafSizesOf(command));
        if (!command.Leaf) core.Stage1Tables.Remove(tag, first, last, tag.TableSizes & InvalidationScope.TableSizesOf(command));
    }

    private void ByAddressAnyAsid(Command command)
    {
        if (core.Vmids.Find(command.Vmid) is not { } vmid) return;
        var (first, last) = InvalidationScope.RangeOf(command);
        core.Tlb.RemoveAnyAsid(vmid, first, last, vmid.LeafSizes & InvalidationScope.LeafSizesOf(command));
        if (!command.Leaf)
            core.Stage1Tables.RemoveAnyAsid(vmid, first, last, vmid.TableSizes & InvalidationScope.TableSizesOf(command));
    }

    // What combines both stages stays: software follows with TLBI_NH_ALL (IHI 0070, 4.4.3).
    private void ByIntermediateAddress(Command command)
    {
        if (core.Vmids.Find(command.Vmid)?.Stage2 is not { } tag) return;
        var (first, last) = InvalidationScope.RangeOf(command);
        core.Stage2Leaves.Remove(tag, first, last, tag.LeafSizes & InvalidationScope.LeafSizesOf(command));
        if (!command.Leaf) core.Stage2Tables.Remove(tag, first, last, tag.TableSizes & InvalidationScope.TableSizesOf(command));
    }

    private void Everything(long sequence)
    {
        foreach (var vmid in core.Vmids.Entries()) AllOf(vmid, sequence);
    }

    private void ForgetEntries(Command command)
    {
        foreach (var (sid, stream) in streams)
            if (InvalidationScope.IsInRange(command, sid)) stream.ForgetEntry();
    }

    private void InAtc(Command command) => Find(command.StreamId)?.Atc.Remove(command);

    private StreamContext? Find(uint sid) => streams.TryGetValue(sid, out var stream) ? stream : null;
}
