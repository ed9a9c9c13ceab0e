using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// Invariant I10: nothing that an owner programmed into a hardware queue is visible to the next one. Asked by a guest that has just
/// been given the queue, of the registers in its page, before it writes any.
/// </summary>
public static class QueueOwnerChecker
{
    /// <param name="ring">The guest's side of the queue, not used yet.</param>
    /// <param name="findings">Where it reports.</param>
    public static void Check(VcmdqRing ring, Findings findings)
    {
        (string Name, uint Value)[] registers =
            [("CONS", ring.Consumer), ("PROD", ring.Producer), ("CONFIG", ring.Config), ("STATUS", ring.Status),
                ("GERROR not acknowledged", ring.Gerror ^ ring.Gerrorn)];
        foreach (var (name, value) in registers)
            if (value != 0) findings.Report("I10", $"{ring.Name}: a new owner finds {name} = 0x{value:x}, which its last one has left");
    }
}
