using System.Text;
using Iommu.Messages;
using Iommu.Persistence.Graph;
using Iommu.Persistence.Rendering;

namespace Iommu.Cli.Html;

/// <summary>
/// The object graph of one context, from the IOASes on the left to the devices on the right. An object stands beside what it is built
/// on; the reference of a vDEVICE on its device is drawn across.
/// </summary>
internal sealed class GraphDrawing
{
    private const double BoxWidth = 180, BoxHeight = 40, ColumnWidth = 204, RowHeight = 50;
    private const int ObjectsMax = 200;
    private const int LetterWidth = 7;

    private readonly ContextState _context;
    private readonly GraphTree _tree;
    private readonly Dictionary<ObjectId, int> _users;
    private readonly Dictionary<ObjectId, (double X, double Y)> _places = [];
    private double _nextRow;

    private GraphDrawing(ContextState context)
    {
        _context = context;
        _tree = new GraphTree(context.Graph);
        _users = context.Graph.Users();
    }

    public static string Draw(ContextState context) => new GraphDrawing(context).Draw();

    private string Draw()
    {
        foreach (var root in _tree.Roots) Place(root, column: 0);
        if (_places.Count == 0) return "<p class=\"soft\">no objects</p>\n";
        var width = _places.Values.Max(place => place.X) + BoxWidth + 2;
        var height = _places.Values.Max(place => place.Y) + BoxHeight + 2;
        var svg = new StringBuilder();
        svg.AppendLine($"<svg width=\"{HtmlPage.At(width)}\" height=\"{HtmlPage.At(height)}\" role=\"img\" "
            + $"aria-label=\"object graph of context {HtmlPage.Text(_context.Name)}\">");
        var drawn = _context.Graph.Nodes.Where(node => _places.ContainsKey(node.Id)).ToList();
        foreach (var node in drawn)
            foreach (var held in node.References.Where(_places.ContainsKey)) svg.AppendLine(Edge(node, held));
        foreach (var node in drawn) svg.AppendLine(Box(node));
        svg.AppendLine("</svg>");
        var missing = _context.Graph.Count - drawn.Count;
        if (missing > 0)
            svg.AppendLine($"<p class=\"soft\">and {missing} more objects: the text and DOT forms of 'graph' have them all</p>");
        return svg.ToString();
    }

    /// <summary>Gives a node the middle of the rows of what is built on it. Returns its row; null when the drawing is full.</summary>
    private double? Place(GraphNode node, int column)
    {
        if (_places.Count >= ObjectsMax) return null;
        _places[node.Id] = default;
        var rows = _tree.Below(node).Select(below => Place(below, column + 1)).OfType<double>().ToList();
        var row = rows.Count > 0 ? (rows[0] + rows[^1]) / 2 : _nextRow++;
        _places[node.Id] = (1 + column * ColumnWidth, 1 + row * RowHeight);
        return row;
    }

    private string Edge(GraphNode from, ObjectId to)
    {
        var (start, end) = (_places[from.Id], _places[to]);
        var across = from.Type == ObjectType.Vdevice && _context.Graph.Find(to)?.Type == ObjectType.Device;
        // A parent is to the left of its child; a device that a vDEVICE refers to is to the right or in the same column.
        var (x1, x2) = across ? (start.X + BoxWidth, end.X + (end.X > start.X ? 0 : BoxWidth)) : (start.X, end.X + BoxWidth);
        var bend = across && end.X <= start.X ? x1 + 24 : (x1 + x2) / 2;
        var (y1, y2) = (start.Y + BoxHeight / 2, end.Y + BoxHeight / 2);
        return $"<path class=\"edge{(across ? " weak" : "")}\" "
            + $"d=\"M{HtmlPage.At(x1)} {HtmlPage.At(y1)}C{HtmlPage.At(bend)} {HtmlPage.At(y1)} "
            + $"{HtmlPage.At(bend)} {HtmlPage.At(y2)} {HtmlPage.At(x2)} {HtmlPage.At(y2)}\" />";
    }

    private string Box(GraphNode node)
    {
        var (x, y) = _places[node.Id];
        var facts = string.Join(", ", NodeText.Details(node, _context.Mappings.GetValueOrDefault(node.Id)));
        var shown = facts.Length * LetterWidth > BoxWidth - 16 ? facts[..((int)(BoxWidth - 16) / LetterWidth - 1)] + "…" : facts;
        return $"<g><title>{HtmlPage.Text($"{NodeText.Title(node)}: {facts}; users {_users[node.Id]}")}</title>"
            + $"<rect class=\"box\" x=\"{HtmlPage.At(x)}\" y=\"{HtmlPage.At(y)}\" width=\"{BoxWidth}\" height=\"{BoxHeight}\" rx=\"6\" />"
            + $"<rect x=\"{HtmlPage.At(x)}\" y=\"{HtmlPage.At(y)}\" width=\"4\" height=\"{BoxHeight}\" rx=\"2\" "
            + $"style=\"fill:var(--{Colour(node.Type)})\" />"
            + $"<text class=\"name\" x=\"{HtmlPage.At(x + 12)}\" y=\"{HtmlPage.At(y + 17)}\">{NodeText.Title(node)}</text>"
            + $"<text x=\"{HtmlPage.At(x + BoxWidth - 8)}\" y=\"{HtmlPage.At(y + 17)}\" text-anchor=\"end\">users {_users[node.Id]}</text>"
            + $"<text x=\"{HtmlPage.At(x + 12)}\" y=\"{HtmlPage.At(y + 33)}\">{HtmlPage.Text(shown)}</text></g>";
    }

    private static string Colour(ObjectType type) => type switch
    {
        ObjectType.Ioas => "green",
        ObjectType.HwptPaging or ObjectType.HwptNested => "blue",
        ObjectType.Viommu or ObjectType.Vdevice => "violet",
        _ => "amber",
    };
}
