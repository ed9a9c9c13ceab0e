using System.CommandLine;
using Iommu.Bridge;
using Iommu.Bridge.Programs;

namespace Iommu.Cli.Bridge;

/// <summary><c>iommu serve</c>: keeps the simulator up for programs that are started by others.</summary>
internal sealed class ServeCommand
{
    private readonly Option<string> _socket = new("--socket")
    {
        HelpName = "PATH",
        Description = "Where programs find it; its folder must be yours alone, and is made when it is not there",
        Required = true,
    };
    private readonly Option<string[]> _grants = Grants.Option();
    private readonly Terminal _terminal;

    private ServeCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var serve = new ServeCommand(terminal);
        var command = new Command("serve", "Keeps the simulator up for programs that others start, several at once")
        {
            serve._socket, serve._grants,
        };
        command.SetAction(serve.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var shim = ShimLibrary.Find();
        var findings = new BridgeFindings(_terminal);
        var machine = BridgedMachine.Start(parsed.GetValue(_socket)!, findings.Add, Grants.Of(parsed.GetValue(_grants)));
        await using (machine)
        {
            _terminal.Output.WriteLine("serving until Ctrl+C; start programs with");
            _terminal.Output.WriteLine(
                $"  {ShimLibrary.SocketVariable}={machine.Socket} {ShimLibrary.PreloadVariable}={shim} PROGRAM");
            await Task.Delay(Timeout.Infinite, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        findings.AddLeaks(machine.Counts);
        return findings.Any ? ExitCode.Broken : ExitCode.Held;
    }
}
