using System.Diagnostics;
using Akka.Actor;
using Iommu.Actors;

namespace Iommu.Tests.Actors;

/// <summary>Looks at what is still in motion.</summary>
internal static class Looks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongPatience = TimeSpan.FromSeconds(30);

    /// <summary>Looks until it is as it should be, and no longer than patience lasts; what was seen last.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> look, Func<T, bool> isSo)
    {
        var clock = Stopwatch.StartNew();
        var seen = await look();
        while (!isSo(seen) && clock.Elapsed < LongPatience) seen = await look();
        return seen;
    }

    /// <summary>What an object is; "gone" when it has stopped since it was listed, and nobody answers for it.</summary>
    public static async Task<string> AskUnlessGone(this IActorRef actor, Func<ObjectInspection, string> look)
    {
        try
        {
            return (string)await actor.Ask<object>(new Inspect(look), Patience);
        }
        catch (AskTimeoutException)
        {
            return "gone";
        }
    }
}
