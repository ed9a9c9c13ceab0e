using Iommu.Hardware.Amd.Formats;

namespace Iommu.Hardware.Amd;

/// <summary>The outcome of one transaction.</summary>
/// <param name="Kind">Whether it went through, and how.</param>
/// <param name="Address">Where it went; 0 when it did not.</param>
/// <param name="Granted">What the translation allows, of both tables together.</param>
/// <param name="Event">The fault, for <see cref="TranslationKind.Fault"/>.</param>
public readonly record struct Translation(TranslationKind Kind, ulong Address, Access Granted, EventType Event)
{
    public static readonly Translation Abort = new(TranslationKind.Abort, 0, Access.None, EventType.None);

    public bool Succeeded => Kind is TranslationKind.Ok or TranslationKind.Bypass;

    public static Translation Ok(ulong address, Access granted) => new(TranslationKind.Ok, address, granted, EventType.None);

    public static Translation Bypass(ulong address) => new(TranslationKind.Bypass, address, Access.ReadWrite, EventType.None);

    public static Translation Fault(EventType type) => new(TranslationKind.Fault, 0, Access.None, type);
}

/// <summary>What became of a transaction.</summary>
public enum TranslationKind : byte
{
    Ok,
    /// <summary>Not translated: the address went through as it was.</summary>
    Bypass,
    /// <summary>Terminated without an event.</summary>
    Abort,
    /// <summary>Terminated by a fault; an event was recorded where the device table entry does not suppress it.</summary>
    Fault,
}
