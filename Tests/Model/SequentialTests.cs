using Iommu.Messages;
using Iommu.TestKit.Model;

namespace Iommu.Tests.Model;

/// <summary>Random calls, one after the other, answer as the model says and leave what it says.</summary>
public class SequentialTests
{
    private const int Calls = 400;

    [Fact]
    public async Task Random_calls_agree_with_the_model()
    {
        for (var seed = 0; seed < ModelLength.Sequences; seed++)
        {
            var script = CallGenerator.Generate(seed, ModelWorld.Describe(), CallWeights.All, Calls);
            var runner = new SequenceRunner(() => ModelWorld.OpenAsync());
            if (await runner.RunAsync(script) is not { } divergence) continue;
            var shrunk = await ScriptShrinker.ShrinkAsync(
                script.Take(divergence.At + 1).ToList(), async calls =>
                await runner.RunAsync(calls) is { } other && other.Kind == divergence.Kind ? other.At : null);
            Assert.Fail($"seed {seed}: {await runner.RunAsync(shrunk)}");
        }
    }
}
