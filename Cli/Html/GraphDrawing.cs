using System.Text;
using Iommu.Messages;
using Iommu.Persistence.Graph;

namespace Iommu.Cli.Html;

/// <summary>
/// The object graph of one context, from the IOASes on the left to the devices on the right. An object stands beside what it is built
/// on; the reference of a vDEVICE on its device is drawn across.
/// </summary>
internal sealed class GraphDrawing
{
    private const double BoxWidth = 180, BoxHeight = 40, ColumnWidth = 204, RowHeight = 50, Around = 24;
    private const int ObjectsMax = 200;
    private const int LetterWidth = 7;

    private readonly DrawnGraph _graph;
    private readonly Dictionary<ObjectId, DrawnNode> _nodes;
    private readonly ILookup<ObjectId, DrawnNode> _below;
    private readonly Dictionary<ObjectId, (double X, double Y)> _places = [];
    private double _nextRow;

    private GraphDrawing(DrawnGraph graph)
    {
        _graph = graph;
        _nodes = graph.Nodes.ToDictionary(node => node.Id);
        _below = graph.Nodes.ToLookup(node => _nodes.ContainsKey(node.Parent) ? node.Parent : ObjectId.None);
    }

    public static string Draw(ContextState context) => Draw(DrawnGraph.Of(context));

    public static string Draw(DrawnGraph graph) => new GraphDrawing(graph).Draw();

    private string Draw()
    {
        foreach (var root in _below[ObjectId.None]) Place(root, column: 0);
        if (_places.Count == 0) return "<p class=\"soft\">no objects</p>\n";
        var width = _places.Values.Max(place => place.X) + BoxWidth + Around;
        var height = _places.Values.Max(place => place.Y) + BoxHeight + 2;
        var svg = new StringBuilder();
        svg.AppendLine($"<svg width=\"{HtmlPage.At(width)}\" height=\"{HtmlPage.At(height)}\" role=\"img\" "
            + $"aria-label=\"object graph of context {HtmlPage.Text(_graph.Name)}\">");
        var drawn = _graph.Nodes.Where(node => _places.ContainsKey(node.Id)).ToList();
        foreach (var node in drawn)
            foreach (var held in node.References.Where(_places.ContainsKey)) svg.AppendLine(Edge(node, held));
        foreach (var node in drawn) svg.AppendLine(Box(node));
        svg.AppendLine("</svg>");
        var missing = _nodes.Count - drawn.Count;
        if (missing > 0)
            svg.AppendLine($"<p class=\"soft\">and {missing} more objects: the text and DOT forms of 'graph' have them all</p>");
        return svg.ToString();
    }

    /// <summary>Gives a node the middle of the rows of what is built on it. Returns its row; null when the drawing is full.</summary>
    private double? Place(DrawnNode node, int column)
    {
        if (_places.Count >= ObjectsMax) return null;
        _places[node.Id] = default;
        var rows = _below[node.Id].Select(below => Place(below, column + 1)).OfType<double>().ToList();
        var row = rows.Count > 0 ? (rows[0] + rows[^1]) / 2 : _nextRow++;
        _places[node.Id] = (1 + column * ColumnWidth, 1 + row * RowHeight);
        return row;
    }

    private string Edge(DrawnNode from, ObjectId to)
    {
        var (start, end) = (_places[from.Id], _places[to]);
        var across = from.Type == ObjectType.Vdevice && _nodes[to].Type == ObjectType.Device;
        // Mostly what is held is to the left; a vDEVICE's device, or what is gone, may be anywhere. In a column it goes round.
        var (x1, x2) = end.X < start.X ? (start.X, end.X + BoxWidth)
            : (start.X + BoxWidth, end.X > start.X ? end.X : end.X + BoxWidth);
        var bend = end.X.Equals(start.X) ? x1 + Around : (x1 + x2) / 2;
        var (y1, y2) = (start.Y + BoxHeight / 2, end.Y + BoxHeight / 2);
        return $"<path class=\"edge{(across ? " weak" : "")}{Class(_graph.Edges.GetValueOrDefault((from.Id, to)))}\" "
            + $"d=\"M{HtmlPage.At(x1)} {HtmlPage.At(y1)}C{HtmlPage.At(bend)} {HtmlPage.At(y1)} "
            + $"{HtmlPage.At(bend)} {HtmlPage.At(y2)} {HtmlPage.At(x2)} {HtmlPage.At(y2)}\" />";
    }

    private string Box(DrawnNode node)
    {
        var (x, y) = _places[node.Id];
        var facts = node.Facts;
        var shown = facts.Length * LetterWidth > BoxWidth - 16 ? facts[..((int)(BoxWidth - 16) / LetterWidth - 1)] + "…" : facts;
        return $"<g><title>{HtmlPage.Text(More(node))}</title>"
            + $"<rect class=\"box{Class(node.Mark)}\" x=\"{HtmlPage.At(x)}\" y=\"{HtmlPage.At(y)}\" "
            + $"width=\"{BoxWidth}\" height=\"{BoxHeight}\" rx=\"6\" />"
            + $"<rect x=\"{HtmlPage.At(x)}\" y=\"{HtmlPage.At(y)}\" width=\"4\" height=\"{BoxHeight}\" rx=\"2\" "
            + $"style=\"fill:var(--{Colour(node.Type)})\" />"
            + $"<text class=\"name\" x=\"{HtmlPage.At(x + 12)}\" y=\"{HtmlPage.At(y + 17)}\">{node.Title}</text>"
            + $"<text class=\"corner{Class(node.Mark)}\" x=\"{HtmlPage.At(x + BoxWidth - 8)}\" y=\"{HtmlPage.At(y + 17)}\" "
            + $"text-anchor=\"end\">{node.Corner}</text>"
            + $"<text x=\"{HtmlPage.At(x + 12)}\" y=\"{HtmlPage.At(y + 33)}\">{HtmlPage.Text(shown)}</text></g>";
    }

    private static string More(DrawnNode node) =>
        $"{node.Title}: {node.Facts}{(node.More.Length == 0 ? "" : $"; {node.More}")}";

    private static string Class(DrawnMark mark) => mark == DrawnMark.Same ? "" : $" {mark.ToString().ToLowerInvariant()}";

    private static string Colour(ObjectType type) => type switch
    {
        ObjectType.Ioas => "green",
        ObjectType.HwptPaging or ObjectType.HwptNested => "blue",
        ObjectType.Viommu or ObjectType.Vdevice => "violet",
        _ => "amber",
    };
}
