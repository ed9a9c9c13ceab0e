using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Drivers;

/// <summary>What rules share: the rig, the seed, and the words in which they say what they expected.</summary>
internal sealed class RuleContext(string rule, DriverRig rig, int seed)
{
    // Above what any architecture reserves for interrupts, on a boundary of its largest pages.
    private const ulong FirstIova = 0x4_0000_0000;

    public DriverRig Rig => rig;

    public IIommuDriver Driver => rig.Driver;

    public PhysicalDevice Device => rig.Devices[0];

    public Random Random { get; } = new(seed);

    /// <summary>Where mappings begin in a domain: its aperture may start higher.</summary>
    public static ulong BaseOf(IPagingDomain domain) =>
        domain.ApertureLast < FirstIova + (1UL << 30) ? (domain.ApertureFirst + 0x3FFF_FFFF) & ~0x3FFF_FFFFUL : FirstIova;

    /// <summary>The flags of paging domains that the driver has, for the device.</summary>
    public IEnumerable<HwptAllocFlags> Kinds(PhysicalDevice device)
    {
        foreach (var flags in new[] { HwptAllocFlags.None, HwptAllocFlags.NestParent, HwptAllocFlags.DirtyTracking })
        {
            var domain = Driver.AllocPaging(device, flags);
            if (domain.Failed)
            {
                Expect(domain.Errno == Errno.EOPNOTSUPP, $"a domain with flags {flags} was answered {domain.Errno}, and not EOPNOTSUPP");
                continue;
            }
            Plan.Run(domain.Value!.Free());
            yield return flags;
        }
    }

    public IPagingDomain Alloc(HwptAllocFlags flags = HwptAllocFlags.None, PhysicalDevice? device = null) =>
        Done(Driver.AllocPaging(device ?? Device, flags), $"a paging domain with flags {flags}");

    public void Map(IPagingDomain domain, ulong iova, ulong physical, ulong length, Access access = Access.ReadWrite)
    {
        var errno = domain.Map(iova, physical, length, access);
        Expect(errno == Errno.None, $"mapping 0x{iova:x}+0x{length:x} to 0x{physical:x} was answered {errno}");
    }

    /// <summary>Unmaps as the core does: tables, then the flush to its end.</summary>
    public void Unmap(IPagingDomain domain, ulong iova, ulong length)
    {
        var unmapped = domain.Unmap(iova, length);
        Expect(unmapped == length, $"unmapping 0x{iova:x}+0x{length:x} removed 0x{unmapped:x} bytes");
        Plan.Run(domain.Flush(iova, length));
    }

    public void Attach(PhysicalDevice device, IDomain? from, IDomain? to) =>
        Plan.Run(Done(Driver.Attach(device, from, to), $"attaching {device.Name}"));

    public void ExpectReach(PhysicalDevice device, ulong iova, ulong? physical, string why, Access access = Access.Read)
    {
        if (!rig.Translates) return;
        var reached = rig.Reach(device, iova, access);
        Expect(reached == physical, $"{device.Name} at 0x{iova:x} ({access}) reached {Text(reached)}, and not {Text(physical)}: {why}");
    }

    public T Done<T>(Result<T> result, string what)
    {
        Expect(!result.Failed, $"{what} was answered {result.Errno}");
        return result.Value!;
    }

    public void Expect(bool holds, string otherwise)
    {
        if (!holds) throw new ConformanceException(rule, $"{otherwise} (seed {seed})");
    }

    private static string Text(ulong? address) => address is { } value ? $"0x{value:x}" : "nothing";
}
