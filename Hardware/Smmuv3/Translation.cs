using Iommu.Hardware.Smmuv3.Formats;

namespace Iommu.Hardware.Smmuv3;

/// <summary>The outcome of one transaction.</summary>
/// <param name="Kind">Whether it went through, and how.</param>
/// <param name="Address">Where it went; 0 when it did not.</param>
/// <param name="Granted">What the translation allows, of both stages together.</param>
/// <param name="Event">The fault, for <see cref="TranslationKind.Fault"/> and <see cref="TranslationKind.Discarded"/>.</param>
public readonly record struct Translation(TranslationKind Kind, ulong Address, Access Granted, EventType Event)
{
    public bool Succeeded => Kind is TranslationKind.Ok or TranslationKind.Bypass;

    public static Translation Ok(ulong address, Access granted) => new(TranslationKind.Ok, address, granted, EventType.None);

    public static Translation Bypass(ulong address) => new(TranslationKind.Bypass, address, Access.ReadWrite, EventType.None);

    public static readonly Translation Abort = new(TranslationKind.Abort, 0, Access.None, EventType.None);

    public static readonly Translation Stalled = new(TranslationKind.Stalled, 0, Access.None, EventType.None);

    public static Translation Discarded(EventType type) => new(TranslationKind.Discarded, 0, Access.None, type);

    public static Translation Fault(EventType type) => new(TranslationKind.Fault, 0, Access.None, type);
}
