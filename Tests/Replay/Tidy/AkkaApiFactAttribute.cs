namespace Iommu.Tests.Replay.Tidy;

/// <summary>Skips the test where the list of Akka.NET's API is not beside the checkout.</summary>
public sealed class AkkaApiFactAttribute : FactAttribute
{
    public AkkaApiFactAttribute()
    {
        if (!AkkaApi.IsAtHand) Skip = "the list of Akka.NET's API is not beside the checkout";
    }
}
