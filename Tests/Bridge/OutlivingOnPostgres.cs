using Iommu.Tests.Conformance.Persistence;

namespace Iommu.Tests.Bridge;

/// <summary>As <see cref="OutlivingTests"/>, with the journal in a database.</summary>
[Collection(nameof(BridgeHarness))]
public sealed class OutlivingOnPostgres : IDisposable
{
    private readonly PostgresStore _store = new();

    public void Dispose() => _store.Dispose();

    [StoreFact]
    public async Task A_program_goes_on_with_the_same_ids_after_the_simulator_was_killed()
    {
        await using var serve = await ServeProcess.RunAsync(_store.ConnectionString);
        using var program = await ConformanceProgram.StartAsync(serve.Socket, 60, "outlives");
        for (var i = 0; i < 2; i++)
        {
            await program.MeetAsync();
            Assert.Equal(1, await serve.KillAndStartAsync());
            program.LetGoOn();
        }
        await program.AssertHoldsAsync();
        await serve.AssertNothingLeftAsync();
    }
}
