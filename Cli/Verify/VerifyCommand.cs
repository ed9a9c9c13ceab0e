using System.CommandLine;
using Iommu.Cli.CommandLine;
using Iommu.TestKit.Captures;

namespace Iommu.Cli.Verify;

/// <summary><c>iommu verify</c>: our hardware against what a real guest's hardware did, row by row.</summary>
internal sealed class VerifyCommand
{
    private readonly Argument<string[]> _captures = new("CAPTURE")
    {
        Description = "Prefixes of captures: Tests/Data/linux-nested-4k stands for all files that begin so",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<string?> _json = new("--json") { HelpName = "FILE", Description = "Write the counts as JSON" };
    private readonly Terminal _terminal;

    private VerifyCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var verify = new VerifyCommand(terminal);
        var command = new Command("verify", "Re-do every recorded translation of captures of real guests on our SMMUv3")
        {
            verify._captures, verify._json,
        };
        command.SetAction(verify.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var json = parsed.GetValue(_json);
        OutputFile.Check("--json", json);
        // All are opened before any is verified: a mistyped name shows at once.
        var captures = parsed.GetValue(_captures)!.Select(Capture.Open).ToList();
        var table = new VerifyTable(_terminal.Output);
        var reports = new List<SnapshotReport>();
        foreach (var report in captures.SelectMany(CaptureVerifier.Verify))
        {
            table.WriteRow(report);
            reports.Add(report);
        }
        table.WriteOutcome(reports);
        if (json is not null) File.WriteAllText(json, VerifyJson.Write(reports));
        return reports.All(report => report.Mismatched == 0) ? ExitCode.Held : ExitCode.Broken;
    }
}
