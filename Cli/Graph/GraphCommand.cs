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
    private readonly Terminal _terminal;

    private GraphCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var graph = new GraphCommand(terminal);
        var command = new Command("graph", "The object graph that a journal reconstructs; nothing is written to the journal")
        {
            graph._source, graph._context, graph._dot, graph._html,
        };
        command.SetAction((parsed, _) => graph.RunAsync(parsed));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var (source, name, html) = (parsed.GetValue(_source)!, parsed.GetValue(_context), parsed.GetValue(_html));
        OutputFile.CheckDistinct(("DB", ReadOnlyJournal.IsPostgres(source) ? null : source), ("--html", html));
        OutputFile.Check("--html", html);
        var contents = await JournalSource.ReadAsync(source, name);
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
        return ExitCode.Held;
    }

    private void WriteText(JournalContents contents)
    {
        var text = new GraphText(_terminal.Output);
        foreach (var context in contents.Contexts) text.Write(context);
    }
}
