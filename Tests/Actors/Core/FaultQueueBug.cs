namespace Iommu.Tests.Actors.Core;

/// <summary>What a fault queue may do wrong.</summary>
public enum FaultQueueBug
{
    None,
    StaysUndeliveredWhenRead,
    AnswersTwice,
    DropsTheGroupOfAFailedRead,
    KeepsReadGroupsOfAnEndedAttachment,
    TearsAGroupThatDoesNotFit,
    GivesOneCookieToTwo,
    AnswersWithTheOtherCode,
    AnswersNothingWhenItGoes,
}
