namespace Iommu.TestKit.Checkers;

/// <summary>
/// Invariant I10: nothing that an owner programmed into a hardware queue is visible to the next one. Asked by a guest that has just
/// been given the queue, of the registers in its page, before it writes any.
/// </summary>
public static class QueueOwnerChecker
{
    /// <param name="queue">Its name, for messages.</param>
    /// <param name="registers">What must read as 0 there, by name.</param>
    /// <param name="findings">Where it reports.</param>
    public static void Check(string queue, IEnumerable<(string Register, ulong Value)> registers, Findings findings)
    {
        foreach (var (register, value) in registers)
            if (value != 0) findings.Report("I10", $"{queue}: a new owner finds {register} = 0x{value:x}, which its last one has left");
    }
}
