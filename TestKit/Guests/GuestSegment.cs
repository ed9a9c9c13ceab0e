using Iommu.Hardware;

namespace Iommu.TestKit.Guests;

/// <summary>A range of a guest's physical addresses (IPAs), backed by memory of its VMM.</summary>
/// <param name="Start">First IPA, page aligned.</param>
/// <param name="UserAddress">The VMM's memory behind it.</param>
/// <param name="Frames">Host physical address of each 4 KiB page.</param>
/// <param name="Access">The rights to map it with.</param>
public sealed record GuestSegment(ulong Start, ulong UserAddress, ulong[] Frames, Access Access = Access.ReadWrite)
{
    public ulong LengthBytes => (ulong)Frames.Length << GuestMemory.PageLog2;

    public bool Contains(ulong ipa) => ipa - Start < LengthBytes;

    public ulong PhysicalOf(ulong ipa) => Frames[(ipa - Start) >> GuestMemory.PageLog2] | (ipa & (GuestMemory.PageBytes - 1));
}
