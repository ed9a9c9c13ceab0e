namespace Iommu.Tests.Replay.Tidy;

public class AkkaApiTests
{
    [AkkaApiFact]
    public void Replay_offers_nothing_in_Akkas_namespaces_that_Akka_does_not()
    {
        var (status, output) = AkkaApi.Check(AkkaApi.List);

        Assert.True(status == 0, output);
        Assert.Contains("0 are not Akka.NET's", output);
    }

    [AkkaApiFact]
    public void A_type_that_the_list_lacks_is_named()
    {
        var shorter = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(shorter, File.ReadLines(AkkaApi.List).Where(line => line != "type Akka.Actor.PoisonPill class"));

            var (status, output) = AkkaApi.Check(shorter);

            Assert.Equal(1, status);
            Assert.Contains("not in Akka.NET: type Akka.Actor.PoisonPill class", output);
        }
        finally
        {
            File.Delete(shorter);
        }
    }
}
