using System.CommandLine;
using Iommu.Bridge;
using Iommu.Bridge.Programs;
using Iommu.Cli.CommandLine;

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
    private readonly Option<string?> _journal = new("--journal")
    {
        HelpName = "FILE|CONNECTION",
        Description = "Keep a journal: a SQLite file, or a PostgreSQL connection string (Host=...); default: none",
    };
    private readonly Option<int?> _reconnect = Numbers.Optional(
        "--reconnect", "SECONDS",
        "Programs that are started as is shown outlive this simulator: when it is ended, or killed, their calls wait so long for another "
        + "one on the same journal and socket, and go on with the same ids (default: EIO)", 1, 86_400);
    private readonly Option<string[]> _grants = Grants.Option();
    private readonly Terminal _terminal;

    private ServeCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var serve = new ServeCommand(terminal);
        var command = new Command("serve", "Keeps the simulator up for programs that others start, several at once")
        {
            serve._socket, serve._journal, serve._reconnect, serve._grants,
        };
        command.SetAction(serve.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var shim = ShimLibrary.Find();
        var findings = new BridgeFindings(_terminal);
        var (socket, journal, granted) = (parsed.GetValue(_socket)!, parsed.GetValue(_journal), Grants.Of(parsed.GetValue(_grants)));
        var reconnect = parsed.GetValue(_reconnect);
        if (reconnect is not null && journal is null)
            throw new InputException("--reconnect: programs can wait for another simulator only when there is a --journal");
        var machine = journal is null ? BridgedMachine.Start(socket, findings.Add, granted)
            : await BridgedMachine.StartAsync(socket, findings.Add, BridgeJournal.Open(journal), granted);
        await using (machine)
        {
            if (machine.Counts.Contexts > 0) _terminal.Output.WriteLine($"{machine.Counts.Contexts} contexts are there again");
            var waits = reconnect is null ? "" : $"{ShimLibrary.ReconnectVariable}={reconnect} ";
            _terminal.Output.WriteLine("serving until Ctrl+C; start programs with");
            _terminal.Output.WriteLine(
                $"  {ShimLibrary.SocketVariable}={machine.Socket} {waits}{ShimLibrary.PreloadVariable}={shim} PROGRAM");
            _terminal.Output.Flush();
            await Task.Delay(Timeout.Infinite, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (machine.ContextsLeft > 0)
            _terminal.Output.WriteLine($"{machine.ContextsLeft} contexts stay in the journal, for programs that wait for another one");
        findings.AddLeaks(machine.Counts);
        return findings.Any ? ExitCode.Broken : ExitCode.Held;
    }
}
