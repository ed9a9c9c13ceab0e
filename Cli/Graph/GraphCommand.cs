using System.CommandLine;
using Iommu.Actors.Journals;
using Iommu.Cli.CommandLine;
using Iommu.Cli.Html;
using Iommu.Persistence.Rendering;

namespace Iommu.Cli.Graph;

/// <summary><c>iommu graph</c>: the object graph that a journal reconstructs.</summary>
internal sealed class GraphCommand
{
    private readonly Argument<string> _source = new("DB")
    {
        Description = "The SQLite file of a journal, or a PostgreSQL connection string (Host=...)",
    };
    private readonly Option<string?> _context = new("--context") { HelpName = "NAME", Description = "Only this context" };
    private readonly Option<bool> _dot = new("--dot") { Description = "Graphviz in place of text" };
    private readonly Option<string?> _html = new("--html") { HelpName = "FILE", Description = "Write a page with a drawing" };
    private readonly Option<bool> _repair = new("--repair")
    {
        Description = "Read on where rows are damaged, missing or foreign: which would be kept, and the graph that results",
    };
    private readonly Option<string?> _write = new("--write")
    {
        HelpName = "NEWFILE",
        Description = "With --repair: write what would be kept to a SQLite file of its own; DB stays as it is",
    };
    private readonly Terminal _terminal;

    private GraphCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var graph = new GraphCommand(terminal);
        var command = new Command("graph", "The object graph that a journal reconstructs; nothing is written to the journal")
        {
            graph._source, graph._context, graph._dot, graph._html, graph._repair, graph._write,
        };
        command.SetAction((parsed, _) => graph.RunAsync(parsed));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var (source, name, html, write) =
            (parsed.GetValue(_source)!, parsed.GetValue(_context), parsed.GetValue(_html), parsed.GetValue(_write));
        OutputFile.CheckDistinct(("DB", ReadOnlyJournal.IsPostgres(source) ? null : source), ("--html", html), ("--write", write));
        OutputFile.Check("--html", html);
        OutputFile.Check("--write", write);
        if (!parsed.GetValue(_repair))
        {
            if (write is not null) throw new InputException("--write writes a repaired copy: it goes with --repair");
            Show(parsed, await JournalSource.ReadAsync(source, name));
            return ExitCode.Held;
        }
        var plan = JournalSource.Repair(source);
        if (write is not null) await RepairedCopy.WriteAsync(source, plan, write);
        // With --dot, what is not for Graphviz goes beside it.
        new RepairText(parsed.GetValue(_dot) ? _terminal.Error : _terminal.Output).Write(JournalSource.NameOf(source), plan, write);
        Show(parsed, new JournalContents([.. plan.Contexts.Select(context => context.Name)],
            [.. plan.Contexts.Where(context => name is null || context.Name == name)]));
        return plan.IsWhole ? ExitCode.Held : ExitCode.Broken;
    }

    private void Show(ParseResult parsed, JournalContents contents)
    {
        var (source, name, html) = (parsed.GetValue(_source)!, parsed.GetValue(_context), parsed.GetValue(_html));
        var where = JournalSource.NameOf(source);
        if (contents.Names.Count == 0)
            throw new InputException($"{where}: no context was ever opened in this journal; 'iommu stress' writes one");
        if (contents.Contexts.Count == 0)
            throw new InputException($"{where}: there is no context '{name}'; there are {string.Join(", ", contents.Names)}");

        if (html is not null)
        {
            File.WriteAllText(html, GraphReport.Write(where, contents.Contexts));
            _terminal.Error.WriteLine($"iommu: note: the drawing is in {html}");
        }
        if (parsed.GetValue(_dot)) GraphDot.Write(_terminal.Output, contents.Contexts);
        else if (html is null) WriteText(contents);
    }

    private void WriteText(JournalContents contents)
    {
        var text = new GraphText(_terminal.Output);
        foreach (var context in contents.Contexts) text.Write(context);
    }
}
