using Iommu.Hardware.Vtd.Formats;

namespace Iommu.Hardware.Vtd;

/// <summary>The outcome of one request.</summary>
/// <param name="Kind">Whether it went through, and how.</param>
/// <param name="Address">Where it went; 0 when it did not.</param>
/// <param name="Granted">What the translation allows, of both stages together, for the privilege of the request.</param>
/// <param name="Reason">Why it did not, for <see cref="TranslationKind.Fault"/>.</param>
public readonly record struct Translation(TranslationKind Kind, ulong Address, Access Granted, FaultReason Reason)
{
    public bool Succeeded => Kind is TranslationKind.Ok or TranslationKind.PassThrough;

    public static Translation Ok(ulong address, Rights granted) =>
        new(TranslationKind.Ok, address, (Access)(granted & (Rights.Read | Rights.Write)), FaultReason.None);

    public static Translation PassThrough(ulong address) => new(TranslationKind.PassThrough, address, Access.ReadWrite, FaultReason.None);

    public static readonly Translation Interrupt = new(TranslationKind.Interrupt, 0, Access.None, FaultReason.None);

    public static Translation Fault(FaultReason reason) => new(TranslationKind.Fault, 0, Access.None, reason);
}
