using Iommu.TestKit.Stress;
using Iommu.TestKit.Explore.Traces;

namespace Iommu.TestKit.Explore;

/// <summary>A schedule that breaks something.</summary>
/// <param name="Violation">What.</param>
/// <param name="Schedule">Its number in the search, from 1.</param>
/// <param name="Trace">What repeats it, as short as it could be made.</param>
/// <param name="DecisiveBefore">Choices other than by default in the schedule as it was found.</param>
internal sealed record Found(Violation Violation, int Schedule, Trace Trace, int DecisiveBefore);
