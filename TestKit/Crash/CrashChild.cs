using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Iommu.Messages;

namespace Iommu.TestKit.Crash;

/// <summary>A process that is to be killed, seen from the run that outlives it.</summary>
internal sealed class CrashChild : IDisposable
{
    // SIGKILL; and SIGINT and SIGTERM, which the process gets with the run when a user ends that.
    private static readonly int[] KilledBySignal = [128 + 9, 128 + 2, 128 + 15];

    private const int ErrorLinesKept = 20;

    private readonly Process _process;
    private readonly Task _reading;
    private readonly TaskCompletionSource<Ready?> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<string?>> _calls = new();
    private readonly ConcurrentDictionary<int, string> _states = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Lock _input = new();

    private CrashChild(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginErrorReadLine();
        _reading = ReadAsync();
    }

    /// <param name="command">What starts <see cref="CrashWorkload"/>; the options are added to it.</param>
    /// <param name="options">What it is told.</param>
    public static CrashChild Start(IReadOnlyList<string> command, WorkloadOptions options)
    {
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var word in command.Skip(1)) start.ArgumentList.Add(word);
        start.ArgumentList.Add(CrashWire.Write(options));
        // Code that runs for a second is not worth compiling well.
        start.Environment["DOTNET_TieredCompilation"] = "1";
        start.Environment["DOTNET_TC_QuickJit"] = "1";
        start.Environment["DOTNET_TC_QuickJitForLoops"] = "1";
        return new CrashChild(Process.Start(start)!);
    }

    /// <summary>What the simulator itself says is broken; in recovery too.</summary>
    public ConcurrentQueue<string> Problems { get; } = new();

    /// <summary>Calls that were never answered.</summary>
    public ConcurrentQueue<string> Hung { get; } = new();

    /// <summary>Ends when everything is recovered; null when it died before.</summary>
    public Task<Ready?> ReadyAsync() => _ready.Task;

    /// <summary>Makes a call. Null when the process died before it was answered.</summary>
    public Task<string?> CallAsync(int context, Call call)
    {
        var answered = _calls[context] = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_reading.IsCompleted) answered.TrySetResult(null);
        try
        {
            lock (_input)
            {
                _process.StandardInput.WriteLine($"{context} {CrashWire.Write(call)}");
                _process.StandardInput.Flush();
            }
        }
        catch (IOException)
        {
            // It is dead: the reader finds that out, and whatever it had said before.
        }
        return answered.Task;
    }

    /// <summary>Whether it was killed from outside, and has not died before.</summary>
    public bool WasKilled { get; private set; }

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        if (_reading.IsCompleted || _process.HasExited) return;
        WasKilled = true;
        _process.Kill();
    }

    /// <summary>There are no more calls: it ends by itself.</summary>
    public void Finish()
    {
        lock (_input) _process.StandardInput.Close();
    }

    /// <summary>Waits for its end, and for all that it had said.</summary>
    /// <returns>Null when it was killed, or has finished; else what it died of.</returns>
    public async Task<string?> EndedAsync()
    {
        await _reading;
        await _process.WaitForExitAsync();
        return _process.ExitCode == 0 || KilledBySignal.Contains(_process.ExitCode) ? null
            : $"the process ended with {_process.ExitCode}: {string.Join(" / ", _errors)}";
    }

    public void Dispose() => _process.Dispose();

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
            if (line.EndsWith(CrashWire.End)) Heard(line[..^1]);
        _ready.TrySetResult(null);
        foreach (var call in _calls.Values) call.TrySetResult(null);
    }

    private void Heard(string line)
    {
        var (word, rest) = CrashWire.Split(line);
        switch (word)
        {
            case "state":
                var (context, state) = CrashWire.Split(rest);
                _states[int.Parse(context, CultureInfo.InvariantCulture)] = CrashWire.Unfold(state);
                break;
            case "ready":
                var (took, replayed) = CrashWire.Split(rest);
                _ready.TrySetResult(new Ready(
                    double.Parse(took, CultureInfo.InvariantCulture), int.Parse(replayed, CultureInfo.InvariantCulture),
                    [.. _states.OrderBy(entry => entry.Key).Select(entry => entry.Value)]));
                break;
            case "broken":
                Problems.Enqueue($"it cannot be recovered: {CrashWire.Unfold(rest)}");
                break;
            case "problem":
                Problems.Enqueue(CrashWire.Unfold(rest));
                break;
            case "hung":
                Hung.Enqueue(rest);
                break;
            case "answer":
                var (caller, answer) = CrashWire.Split(rest);
                _calls[int.Parse(caller, CultureInfo.InvariantCulture)].TrySetResult(answer);
                break;
        }
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        _errors.Enqueue(line);
        if (_errors.Count > ErrorLinesKept) _errors.TryDequeue(out _);
    }

    /// <param name="RecoveryMs">From the start of the actor system to the last context.</param>
    /// <param name="EventsReplayed">Events that were read.</param>
    /// <param name="States">What each context is.</param>
    internal sealed record Ready(double RecoveryMs, int EventsReplayed, IReadOnlyList<string> States);
}
