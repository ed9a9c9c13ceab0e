using Iommu.Actors.Core;
using Iommu.TestKit.Model;

namespace Iommu.Tests.Model;

/// <summary>A bug that is planted in the simulator is found by random calls, and shown in as few calls as it takes.</summary>
public class SequenceRunnerTests
{
    [Fact]
    public async Task A_bug_is_found_and_shrunk_to_the_calls_that_show_it()
    {
        var runner = new SequenceRunner(() => ModelWorld.OpenAsync(failures: new Planted("fill hwpt")));
        var script = CallGenerator.Generate(1, ModelWorld.Describe(), CallWeights.All, 200);
        var divergence = await runner.RunAsync(script);
        Assert.NotNull(divergence);

        var shrunk = await ScriptShrinker.ShrinkAsync(script.Take(divergence.At + 1).ToList(), async calls =>
            await runner.RunAsync(calls) is { } other && other.Kind == divergence.Kind ? other.At : null);

        // A device, an IOAS, and the call that makes a domain for the one in the other.
        Assert.Equal(3, shrunk.Count(call => call is not null));
        Assert.Contains("but the simulator answers: ENOMEM", (await runner.RunAsync(shrunk))!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_it_the_same_calls_agree() =>
        Assert.Null(await new SequenceRunner(() => ModelWorld.OpenAsync())
            .RunAsync(CallGenerator.Generate(1, ModelWorld.Describe(), CallWeights.All, 200)));

    private sealed class Planted(string bug) : IFailureInjection
    {
        public bool ShouldFail(string step) => step == bug;
    }
}
