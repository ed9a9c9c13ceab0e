using System.Diagnostics;
using Iommu.Actors;
using Iommu.Actors.Journals;
using Iommu.Bridge.Native;
using Iommu.Cli;
using Iommu.Cli.Graph;

namespace Iommu.Tests.Bridge;

/// <summary><c>iommu serve</c> in a process of its own, with a journal: it can be killed, and started again as it was.</summary>
/// <param name="folder">Where its socket is.</param>
internal sealed class ServeProcess(DirectoryInfo folder) : IAsyncDisposable
{
    private const int Sigterm = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private Process? _process;
    private Task<string> _errors = Task.FromResult("");

    public string Socket => Path.Combine(folder.FullName, "run", "socket");

    private string Journal { get; init; } = "";

    /// <param name="journal">A connection string; null for a file of its own.</param>
    public static async Task<ServeProcess> RunAsync(string? journal = null)
    {
        var folder = Directory.CreateTempSubdirectory("iommu-serve-");
        var serve = new ServeProcess(folder) { Journal = journal ?? Path.Combine(folder.FullName, "serve.db") };
        await serve.StartAsync();
        return serve;
    }

    /// <summary>Starts it, and ends when it serves; with how many contexts it says that it has brought back.</summary>
    public async Task<int> StartAsync()
    {
        var command = IommuCommand.CommandLine("serve", "--socket", Socket, "--journal", Journal, "--reconnect", "60");
        _process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        _errors = _process.StandardError.ReadToEndAsync();
        var contexts = 0;
        while (await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            if (line.EndsWith("are there again", StringComparison.Ordinal)) contexts = int.Parse(line.Split(' ')[0], null);
            if (!line.Contains("LD_PRELOAD", StringComparison.Ordinal)) continue;
            Assert.Contains("IOMMU_RECONNECT=60", line);
            return contexts;
        }
        throw new InvalidOperationException($"it does not serve: {await _errors}");
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal("", await _errors);
    }

    /// <summary>SIGTERM: it ends as by Ctrl+C, and has found nothing wrong. What it said last.</summary>
    public async Task<string> EndAsync()
    {
        Assert.Equal(0, Libc.kill(_process!.Id, Sigterm));
        var said = await _process.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal("", await _errors);
        Assert.Equal(0, _process.ExitCode);
        return said;
    }

    /// <summary>Killed and started again, while a program waits.</summary>
    public async Task<int> KillAndStartAsync()
    {
        await KillAsync();
        return await StartAsync();
    }

    /// <summary>Every program has ended: every context is closed, also in the journal, and nothing is left beside the socket.</summary>
    public async Task AssertNothingLeftAsync()
    {
        Assert.Equal("", await EndAsync());
        var beside = new DirectoryInfo(Path.GetDirectoryName(Socket)!);
        if (beside.Exists) Assert.Empty(beside.GetFileSystemInfos());
        var contents = await JournalSource.ReadAsync(Journal);
        Assert.NotEmpty(contents.Contexts);
        Assert.All(contents.Contexts, context => Assert.False(context.Open, $"{context.Name} was not closed"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process?.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        folder.Delete(recursive: true);
    }
}
