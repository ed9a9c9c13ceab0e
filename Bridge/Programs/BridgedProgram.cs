using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Iommu.Bridge.Native;

namespace Iommu.Bridge.Programs;

/// <summary>A program that was started with the simulator's devices.</summary>
public sealed class BridgedProgram : IDisposable
{
    private readonly Process _process;

    private BridgedProgram(Process process) => _process = process;

    /// <summary>The process, for its output when that was redirected.</summary>
    public Process Process => _process;

    /// <param name="start">What to start; its environment gets what the shim needs.</param>
    /// <param name="socket">Where the simulator is.</param>
    /// <param name="reconnectSeconds">How long it waits for another simulator when this one goes; null for not at all.</param>
    /// <exception cref="BridgeException">The shim was not built, or the program cannot be started.</exception>
    public static BridgedProgram Start(ProcessStartInfo start, string socket, int? reconnectSeconds = null)
    {
        var shim = ShimLibrary.Find();
        start.UseShellExecute = false;
        var others = start.Environment.TryGetValue(ShimLibrary.PreloadVariable, out var preload) ? preload : null;
        start.Environment[ShimLibrary.PreloadVariable] = string.IsNullOrEmpty(others) ? shim : $"{shim}:{others}";
        start.Environment[ShimLibrary.SocketVariable] = socket;
        if (reconnectSeconds is { } seconds)
            start.Environment[ShimLibrary.ReconnectVariable] = seconds.ToString(CultureInfo.InvariantCulture);
        try
        {
            return new BridgedProgram(Process.Start(start)!);
        }
        catch (Win32Exception e)
        {
            throw new BridgeException($"{start.FileName} cannot be started: {e.Message}");
        }
    }

    /// <summary>Asks it to end (SIGTERM); nothing when it has.</summary>
    public void Terminate()
    {
        const int sigterm = 15;
        if (!_process.HasExited) Libc.kill(_process.Id, sigterm);
    }

    /// <summary>Ends with its status; with 128 and the number of the signal that has ended it.</summary>
    public async Task<int> WaitAsync(CancellationToken cancel = default)
    {
        await _process.WaitForExitAsync(cancel);
        return _process.ExitCode;
    }

    public void Dispose() => _process.Dispose();
}
