using System.Collections.Concurrent;
using Iommu.Hardware.Smmuv3.Walk;

namespace Iommu.Hardware.Smmuv3;

/// <summary>Carries out the commands by which software answers devices: RESUME, STALL_TERM, PRI_RESP (IHI 0070, 4.5 and 4.6).</summary>
internal sealed class Responder(SmmuCore core, ConcurrentDictionary<uint, StreamContext> streams)
{
    public static bool IsResponse(Opcode opcode) => opcode is Opcode.Resume or Opcode.StallTerm or Opcode.PriResponse;

    /// <summary>False when the SMMU does not know the command (CERROR_ILL).</summary>
    public bool Apply(Command command)
    {
        if (command.Opcode == Opcode.PriResponse) return core.Registers.HasPageRequests && Respond(command);
        if (!core.Registers.HasStalls) return false;
        if (command.Opcode == Opcode.StallTerm) core.Stalls.Terminate(command.StreamId);
        else if (AnswerOf(command) is { } answer) core.Stalls.Resume(command.StreamId, command.StallTag, answer);
        else return false;
        return true;
    }

    private bool Respond(Command command)
    {
        if (command.PageResponse > (int)PageRequestOutcome.Success) return false;
        if (!streams.TryGetValue(command.StreamId, out var stream)) return true;
        var substream = command.HasSubstream ? command.Substream : (uint?)null;
        stream.PageResponses.Enqueue(new PageResponse(substream, command.PageRequestGroup, (PageRequestOutcome)command.PageResponse));
        return true;
    }

    private static StallAnswer? AnswerOf(Command command) => command.ResumeAction switch
    {
        0 => StallAnswer.Discard,
        1 => StallAnswer.Retry,
        2 => StallAnswer.Abort,
        _ => null,
    };
}
