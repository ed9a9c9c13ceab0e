namespace Iommu.TestKit.Explore.Traces;

/// <summary>A turn that did not come when it could have.</summary>
/// <param name="Turn">The turn.</param>
/// <param name="Until">The one after which it came at once.</param>
internal readonly record struct Delay(TurnName Turn, TurnName Until);

/// <summary>Something happened that may.</summary>
/// <param name="What">What it is about.</param>
/// <param name="Nth">At which time that it could, from 1.</param>
/// <param name="Chosen">Which of the alternatives, from 1.</param>
internal readonly record struct Happening(string What, int Nth, int Chosen);
