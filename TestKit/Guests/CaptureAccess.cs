using Iommu.Hardware;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Formats;
using Iommu.TestKit.Captures;

namespace Iommu.TestKit.Guests;

/// <summary>A recorded access of a captured guest's device, and what must come of it here.</summary>
/// <param name="Device">Index into <see cref="CaptureGuest.Devices"/>.</param>
/// <param name="Row">Its line in the capture.</param>
/// <param name="Iova">Where the device goes.</param>
/// <param name="Access">Read or write.</param>
/// <param name="Kind">How it ends; null where only the failure is certain.</param>
/// <param name="Physical">Where it leads on our host: the recorded address as an IPA, through our stage 2.</param>
/// <param name="Granted">What both stages together allow.</param>
/// <param name="Event">The fault.</param>
public readonly record struct CaptureAccess(
    int Device, long Row, ulong Iova, Access Access, TranslationKind? Kind, ulong Physical, Access Granted, EventType Event)
{
    /// <summary>Whether a transaction ended as the recorded one.</summary>
    public bool Matches(Translation result)
    {
        if (Kind is null) return !result.Succeeded;
        return result.Kind == Kind && result.Address == Physical && result.Granted == Granted && result.Event == Event;
    }
}

internal static class CaptureAccesses
{
    /// <summary>The rows of a snapshot, one access for each direction.</summary>
    public static IReadOnlyList<CaptureAccess> Of(CaptureGuest guest, CaptureSnapshot snapshot)
    {
        var devices = Enumerable.Range(0, guest.Devices.Count).ToDictionary(i => guest.Devices[i].StreamId);
        var accesses = new List<CaptureAccess>();
        foreach (var row in snapshot.ReadTranslations())
        {
            if (!devices.TryGetValue(row.StreamId, out var device)) continue;
            foreach (var access in (ReadOnlySpan<Access>)[Access.Read, Access.Write])
                if (row.Access == access || (row.Access == Access.None && row.Granted.HasFlag(access)))
                    accesses.Add(Expect(guest, row, device, access));
        }
        return accesses;
    }

    private static CaptureAccess Expect(CaptureGuest guest, TranslationRow row, int device, Access access)
    {
        var fault = new CaptureAccess(device, row.Row, row.Iova, access, TranslationKind.Fault, 0, Access.None, EventType.None);
        switch (row.Result)
        {
            case "none":
                return fault with { Kind = null };
            case "abort":
                return fault with { Kind = TranslationKind.Abort };
            case "ok" or "bypass":
                // What the real guest reached beyond its RAM (a doorbell, all of physical memory) is not there for this one.
                return guest.Map.ToIpa(row.Physical) is { } ipa
                    ? fault with { Kind = TranslationKind.Ok, Physical = guest.Memory.PhysicalOf(ipa), Granted = row.Granted }
                    : fault with { Kind = null };
            default:
                return Enum.TryParse<EventType>(row.Result, out var type) ? fault with { Event = type }
                    : throw new CaptureException(guest.Name, row.Row, $"result '{row.Result}' is not known");
        }
    }
}
