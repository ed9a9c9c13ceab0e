using Iommu.Hardware.Amd;
using Iommu.TestKit.Checkers.Amd;

namespace Iommu.TestKit.UnderTest.Probes;

/// <summary>What one expects of an AMD IOMMU's command buffer.</summary>
public static class AmdCommands
{
    /// <summary>The command as the architecture has it (AMD 48882, 2.4).</summary>
    public static Command Amd(this ConsumedCommand consumed) => new(consumed.Words.Span[0], consumed.Words.Span[1]);

    /// <summary>Expects an INVALIDATE_IOMMU_PAGES, or one of all, by which the host's translations of a domain go.</summary>
    /// <param name="queue">Of the IOMMU.</param>
    /// <param name="domainId">Of the domain.</param>
    /// <param name="iova">One that goes with it; null when all of the domain must.</param>
    /// <exception cref="ExpectationException">There was none.</exception>
    public static Task<ConsumedCommand> ExpectInvalidatePagesAsync(this QueueProbe queue, int domainId, ulong? iova = null) =>
        queue.ExpectAsync($"an INVALIDATE_IOMMU_PAGES for domain {domainId}{Probe.At(iova)}",
            consumed => consumed.Amd() is var command && (command.Opcode == Opcode.InvalidateIommuAll
                || command is { Opcode: Opcode.InvalidateIommuPages, IsGuest: false } && command.DomainId == domainId
                    && Reaches(command, iova)));

    /// <summary>Expects an INVALIDATE_IOTLB_PAGES of a device.</summary>
    /// <param name="queue">Of the IOMMU.</param>
    /// <param name="deviceId">Of the device.</param>
    /// <param name="iova">One that it reaches.</param>
    /// <exception cref="ExpectationException">There was none.</exception>
    public static Task<ConsumedCommand> ExpectInvalidateIotlbAsync(this QueueProbe queue, uint deviceId, ulong iova) => queue.ExpectAsync(
        $"an INVALIDATE_IOTLB_PAGES for device 0x{deviceId:x} at 0x{iova:x}",
        consumed => consumed.Amd() is { Opcode: Opcode.InvalidateIotlbPages } command && command.DeviceId == deviceId
            && Reaches(command, iova));

    private static bool Reaches(Command command, ulong? iova)
    {
        var (first, last) = InvalidationRules.AddressesOf(command);
        return iova is { } one ? one >= first && one <= last : first == 0 && last >= Command.AllAddresses;
    }
}
