using System.ComponentModel;
using System.Diagnostics;

namespace Iommu.Bridge.Programs;

/// <summary>A C program that is built where it runs, by the system's compiler.</summary>
public static class CompiledProgram
{
    /// <param name="sources">Its files.</param>
    /// <param name="program">What to make of them.</param>
    /// <exception cref="BridgeException">There is no compiler, or it refuses them: with what it said.</exception>
    public static async Task BuildAsync(IEnumerable<string> sources, string program)
    {
        var start = new ProcessStartInfo("cc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", program, .. sources, "-lpthread"])
        {
            RedirectStandardError = true,
        };
        try
        {
            using var compiler = Process.Start(start)!;
            var said = await compiler.StandardError.ReadToEndAsync();
            await compiler.WaitForExitAsync();
            if (compiler.ExitCode != 0) throw new BridgeException($"{program} cannot be built: {said}");
        }
        catch (Win32Exception e)
        {
            throw new BridgeException($"there is no C compiler (cc) to build {program}: {e.Message}");
        }
    }
}
