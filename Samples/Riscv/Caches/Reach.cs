namespace RiscvIommu.Caches;

/// <summary>
/// What a command removes ("IOMMU Page-Table cache invalidation commands"). A cache may drop more than it must, and this one does where it
/// cannot tell: what combines both stages of a guest goes with any of its second-stage addresses.
/// </summary>
internal static class Reach
{
    public static bool Covers(Command command, TlbEntry entry) => command.Opcode switch
    {
        Opcode.IotinvalVma => entry.IsFirstStage && entry.Gscid == (command.HasGscid ? command.Gscid : null)
            && (!command.HasPscid || command.Pscid == entry.Pscid) && CoversAddress(command, entry),
        Opcode.IotinvalGvma => entry.Gscid is { } gscid && (!command.HasGscid
            || (gscid == command.Gscid && (entry.IsFirstStage || CoversAddress(command, entry)))),
        _ => false,
    };

    public static bool CoversDevice(Command command, uint deviceId) =>
        command.Opcode == Opcode.IodirInvalDdt && (!command.HasDevice || command.DeviceId == deviceId);

    private static bool CoversAddress(Command command, TlbEntry entry)
    {
        if (!command.HasAddress) return true;
        var (first, last) = command.Range;
        return (!entry.IsTable || command.ReachesTables) && entry.Base <= last && entry.Last >= first;
    }
}
