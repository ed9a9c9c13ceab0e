using System.Runtime.InteropServices;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>A VCMDQ: it carries three of the SMMUv3's commands, in the form in which a call has them.</summary>
internal sealed class VcmdqQueue : GuestQueue
{
    // No invalidation of translations, and none that a guest's queue may carry.
    private static readonly Command Mistake = Command.CfgiCd(0);

    private readonly VcmdqRing _ring;

    public VcmdqQueue(QueueGrant grant, PhysicalMemory memory, int ringLog2, Func<VcmdqRing, ICommandQueue> watch)
    {
        _ring = new VcmdqRing(grant.Name, memory, grant.Ring, ringLog2, grant.Registers, grant.Index);
        Ring = watch(_ring);
    }

    public override ICommandQueue Ring { get; }

    public override int Room => _ring.Room;

    public override string Error => $"CONS.ERR {_ring.Error}";

    public override IReadOnlyList<(string Register, ulong Value)> LeftOver => _ring.LeftOver;

    public override void Enable() => _ring.Enable();

    public override bool TryAdd(HwptInvalidate call, List<ulong> words)
    {
        var entries = MemoryMarshal.Cast<byte, ulong>(call.Entries.Span);
        for (var i = 0; i < entries.Length; i += 2)
            if ((Opcode)(byte)entries[i] is not (Opcode.TlbiNhAsid or Opcode.TlbiNhVa or Opcode.AtcInv)) return false;
        words.AddRange(entries);
        return true;
    }

    public override void AddSync(List<ulong> words) => Add(words, VcmdqRing.Sync);

    public override void AddMistake(List<ulong> words) => Add(words, Mistake);

    public override void Mend() => _ring.Replace(VcmdqRing.Sync);

    private static void Add(List<ulong> words, Command command) => words.AddRange([command.Word0, command.Word1]);
}
