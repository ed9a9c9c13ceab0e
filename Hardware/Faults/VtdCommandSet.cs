using Iommu.Hardware.Vtd;

namespace Iommu.Hardware.Faults;

/// <summary>
/// Invalidations of IOTLBs have no order before a wait descriptor (VT-d, 6.5.2.8); those of PASID caches come before them, those of devices
/// after them.
/// </summary>
internal sealed class VtdCommandSet : CommandSet
{
    private static readonly ulong[] Interrupts = [(ulong)DescriptorType.InterruptEntryCache, 0, 0, 0];
    private static readonly ulong[] Fence = [Descriptor.Fence().Word0, 0, 0, 0];

    public override ReadOnlySpan<ulong> Nothing => Interrupts;

    public override ReadOnlySpan<ulong> NothingOfGuest => Fence;

    public override bool IsInvalidation(ReadOnlySpan<ulong> command) =>
        MayBeOvertaken(command) || TypeOf(command) is DescriptorType.DeviceTlb or DescriptorType.PasidDeviceTlb;

    public override bool MayBeLate(ReadOnlySpan<ulong> command) => MayBeOvertaken(command);

    public override bool MayBeOvertaken(ReadOnlySpan<ulong> command) =>
        TypeOf(command) is DescriptorType.Iotlb or DescriptorType.PasidIotlb;

    public override string Describe(ReadOnlySpan<ulong> command) => new Descriptor(command[0], command[1]).ToString();

    private static DescriptorType TypeOf(ReadOnlySpan<ulong> command) => new Descriptor(command[0], command[1]).Type;
}
