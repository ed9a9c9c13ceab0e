using System.Diagnostics;
using Iommu.Bridge.Programs;

namespace Iommu.Tests.Bridge;

/// <summary>The C program of Tests/Bridge/Conformance: built once, by the system's compiler, and run with the shim.</summary>
internal static class ConformanceProgram
{
    private static readonly Lazy<Task<string>> Built = new(BuildAsync);

    /// <summary>Starts a scenario.</summary>
    public static Task<BridgedProgram> StartAsync(string socket, params string[] scenario) => StartAsync(socket, null, scenario);

    /// <summary>Starts a scenario that waits for another simulator when this one goes.</summary>
    public static async Task<BridgedProgram> StartAsync(string socket, int? reconnectSeconds, params string[] scenario) =>
        BridgedProgram.Start(new ProcessStartInfo(await Built.Value, scenario)
        {
            RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true,
        }, socket, reconnectSeconds);

    /// <summary>Ends when the program says that it is ready.</summary>
    public static async Task MeetAsync(this BridgedProgram program)
    {
        if (await program.Process.StandardOutput.ReadLineAsync() is { } said) Assert.Equal("ready", said);
        else Assert.Fail($"it has ended: {await program.Process.StandardError.ReadToEndAsync()}");
    }

    /// <summary>Lets it go on.</summary>
    public static void LetGoOn(this BridgedProgram program) => program.Process.StandardInput.Write("\n");

    /// <summary>It ends, and has found nothing wrong.</summary>
    public static async Task AssertHoldsAsync(this BridgedProgram program)
    {
        program.Process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var found = await program.Process.StandardError.ReadToEndAsync(patience.Token);
        Assert.True(found.Length == 0, found);
        Assert.Equal(0, await program.WaitAsync(patience.Token));
    }

    private static async Task<string> BuildAsync()
    {
        var sources = Path.Combine(AppContext.BaseDirectory, "Bridge", "Conformance");
        var program = Path.Combine(Directory.CreateTempSubdirectory("iommu-conformance-").FullName, "conformance");
        await CompiledProgram.BuildAsync(Directory.GetFiles(sources, "*.c"), program);
        return program;
    }
}
