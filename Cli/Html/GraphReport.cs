using Iommu.Persistence.Graph;
using Iommu.Persistence.Rendering;

namespace Iommu.Cli.Html;

/// <summary>The page of <c>graph --html</c>.</summary>
internal static class GraphReport
{
    public static string Write(string source, IReadOnlyList<ContextState> contexts) => HtmlPage.Write(
        $"Object graph of {source}",
        $"<h1>Object graph</h1>\n<p class=\"soft\">as the journal {HtmlPage.Text(source)} reconstructs it</p>\n{Section(contexts)}");

    /// <summary>A drawing for each context.</summary>
    public static string Section(IReadOnlyList<ContextState> contexts) => string.Concat(contexts.Select(context =>
        $"<div class=\"card\"><h3>{HtmlPage.Text(GraphText.Heading(context))}</h3>\n{GraphDrawing.Draw(context)}</div>\n"));
}
