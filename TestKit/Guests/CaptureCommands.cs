using System.Globalization;
using Iommu.Hardware.Smmuv3;
using Iommu.TestKit.Captures;

namespace Iommu.TestKit.Guests;

/// <summary>The invalidations of a captured guest that a guest may issue through a vIOMMU.</summary>
internal static class CaptureCommands
{
    /// <summary>The recorded commands in their order, in arrays of 64.</summary>
    /// <param name="capture">The capture.</param>
    /// <param name="isNested">Whether its user's own calls are recorded; else it is the raw command stream.</param>
    /// <param name="virtualStreamIds">Devices that the guest can name.</param>
    public static IReadOnlyList<InvalidationArray> Read(Capture capture, bool isNested, IReadOnlySet<uint> virtualStreamIds)
    {
        var commands = (isNested ? Accepted(capture) : capture.Commands).Where(command => MayIssue(command, virtualStreamIds));
        var arrays = commands.Chunk(InvalidationArray.DefaultCapacity).Select(chunk =>
        {
            var array = new InvalidationArray();
            foreach (var command in chunk) array.Add(command);
            return array;
        }).ToList();
        return arrays.Count > 0 ? arrays
            : throw new CaptureException(capture.Prefix, null, "it has no invalidation that a guest may issue through a vIOMMU");
    }

    /// <summary>Stream id -> virtual stream id, from the guest's own calls.</summary>
    public static IReadOnlyDictionary<uint, uint> VirtualStreamIds(Capture capture)
    {
        var ids = new Dictionary<uint, uint>();
        foreach (var entry in GuestCall.Read(capture).OfType<GuestCall.StreamEntry>())
            ids[StreamIdOf(entry.Device)] = entry.VirtualStreamId;
        return ids;
    }

    // Invalidations; ATC_INV needs ATS, which no captured device has.
    private static bool MayIssue(Command command, IReadOnlySet<uint> virtualStreamIds) => command.Opcode switch
    {
        Opcode.TlbiNsnhAll or Opcode.TlbiNhAll or Opcode.TlbiNhAsid or Opcode.TlbiNhVa or Opcode.TlbiNhVaa => true,
        Opcode.CfgiCd or Opcode.CfgiCdAll => virtualStreamIds.Contains(command.StreamId),
        _ => false,
    };

    /// <summary>The entries of the user's invalidation calls that the kernel took: those of calls without error.</summary>
    private static IEnumerable<Command> Accepted(Capture capture) =>
        GuestCall.Read(capture).OfType<GuestCall.Invalidate>().Where(call => call.Errno == 0).SelectMany(call => call.Entries);

    /// <summary>A PCI address (domain:bus:device.function) as a requester id.</summary>
    private static uint StreamIdOf(string bdf)
    {
        var parts = bdf.Split(':', '.');
        return (Part(1) << 8) | (Part(2) << 3) | Part(3);

        uint Part(int index) => uint.Parse(parts[index], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
