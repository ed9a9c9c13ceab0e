namespace Iommu.Tests.Actors.Core;

/// <summary>What an event queue may do wrong.</summary>
public enum VeventQueueBug
{
    None,
    LeaksDepthWhenACopyFails,
    RepeatsASequenceNumber,
    CountsBackwards,
    DropsAnEventThatHasRoom,
    DropsTheEventWhoseCopyFails,
    SaysNothingOfALossAtTheTail,
    SaysThatAQueuedEventWasLost,
    HoldsOneMoreThanItsDepth,
    GivesTheDataOfAnother,
}
