using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Iommu.Bridge;
using Iommu.Bridge.Programs;
using Iommu.Hardware.Processes;

namespace Iommu.Cli.Bridge;

/// <summary><c>iommu run</c>: an unmodified program whose /dev/iommu and /dev/vfio/vfio are the simulator.</summary>
internal sealed class RunCommand
{
    private readonly Argument<string[]> _program = new("PROGRAM")
    {
        Description = "The program and its arguments, after --",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<string[]> _grants = Grants.Option();
    private readonly Terminal _terminal;

    private RunCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var run = new RunCommand(terminal);
        var command = new Command("run", "A real program, unmodified, whose /dev/iommu and /dev/vfio/vfio are the simulator")
        {
            run._program, run._grants,
        };
        command.SetAction((parsed, _) => run.RunAsync(parsed.GetValue(run._program)!, Grants.Of(parsed.GetValue(run._grants))));
        return command;
    }

    /// <returns>The program's own status; <see cref="ExitCode.Broken"/> when it is content and the simulator is not.</returns>
    private async Task<int> RunAsync(string[] command, ProcessCapabilities granted)
    {
        ShimLibrary.Find();
        var findings = new BridgeFindings(_terminal);
        var folder = Directory.CreateTempSubdirectory("iommu-");
        try
        {
            var machine = BridgedMachine.Start(Path.Combine(folder.FullName, "socket"), findings.Add, granted);
            int status;
            await using (machine) status = await RunAsync(command, machine.Socket);
            findings.AddLeaks(machine.Counts);
            return findings.Any && status == ExitCode.Held ? ExitCode.Broken : status;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<int> RunAsync(string[] command, string socket)
    {
        using var program = BridgedProgram.Start(new ProcessStartInfo(command[0], command[1..]), socket);
        // Ctrl+C goes to the program too, and whether it ends is the program's to say. A request to this process is passed on.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            program.Terminate();
        });
        return await program.WaitAsync();
    }
}
