using Iommu.Actors.Core;

namespace Iommu.Tests.Actors.Core;

/// <summary>Every step fails while it is switched on.</summary>
internal sealed class SwitchedFailures : IFailureInjection
{
    public bool On { get; set; }

    public bool ShouldFail(string step) => On;
}
