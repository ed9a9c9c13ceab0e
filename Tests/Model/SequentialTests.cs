using Iommu.Messages;

namespace Iommu.Tests.Model;

/// <summary>Random calls, one after the other, answer as the model says and leave what it says.</summary>
public class SequentialTests
{
    private const int Calls = 400;

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(20)]
    public async Task Random_calls_agree_with_the_model(int firstSeed)
    {
        for (var seed = firstSeed; seed < firstSeed + 10; seed++)
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
