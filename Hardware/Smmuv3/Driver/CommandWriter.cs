using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>Collects commands of one batch and closes it with CMD_SYNC; where the hardware needs it, all of that twice.</summary>
internal sealed class CommandWriter(ICommandQueue queue, bool repeats)
{
    private readonly List<ulong> _words = [];

    public bool IsEmpty => _words.Count == 0;

    public CommandWriter Add(Command command)
    {
        _words.Add(command.Word0);
        _words.Add(command.Word1);
        return this;
    }

    public CommandBatch Close()
    {
        Add(Command.Sync());
        return new CommandBatch(queue, Repeated(_words.ToArray(), repeats));
    }

    /// <summary>
    /// The erratum that an invalidation of TLBs or configuration takes effect only when it is issued again after its CMD_SYNC has completed
    /// (arm-smmu-v3.c, arm_smmu_erratum_repeat_tlbi_cfgi_key).
    /// </summary>
    public static ReadOnlyMemory<ulong> Repeated(ReadOnlyMemory<ulong> words, bool repeats) =>
        repeats && NeedsRepeating(words.Span) ? (ulong[])[.. words.Span, .. words.Span] : words;

    private static bool NeedsRepeating(ReadOnlySpan<ulong> words)
    {
        for (var i = 0; i < words.Length; i += 2)
            if ((Opcode)(byte)words[i] is >= Opcode.CfgiSte and < Opcode.AtcInv) return true;
        return false;
    }
}
