using System.Globalization;
using Iommu.Messages;

namespace Iommu.Cli.Html;

/// <summary>A state in the words of the model, as a crash run compares it, as a graph that can be drawn.</summary>
internal static class DrawnState
{
    private static readonly Dictionary<string, ObjectType> Types =
        Enum.GetValues<ObjectType>().Distinct().GroupBy(type => type.Name()).ToDictionary(types => types.Key, types => types.First());

    /// <param name="name">The context.</param>
    /// <param name="state">A line for each object: id, type, what it references, what it was made with; and its areas below it.</param>
    public static DrawnGraph Parse(string name, string state)
    {
        var objects = new List<(string[] Words, List<string> Parts)>();
        foreach (var line in state.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (line.StartsWith(' ') && objects.Count > 0) objects[^1].Parts.Add(line.Trim());
            else if (words.Length > 1 && char.IsDigit(words[0][0]) && Types.ContainsKey(words[1])) objects.Add((words, []));
        }
        var types = objects.ToDictionary(it => IdOf(it.Words[0]), it => Types[it.Words[1]]);
        return DrawnGraph.Of(name, [.. objects.Select(it => ToNode(it.Words, it.Parts, types))]);
    }

    private static DrawnNode ToNode(string[] words, List<string> parts, Dictionary<ObjectId, ObjectType> types)
    {
        var (id, type) = (IdOf(words[0]), Types[words[1]]);
        var references = words.Skip(2).Where(word => word[0] == '<').Select(word => IdOf(word.Trim('<', '>'))).ToList();
        var (facts, more) = (new List<string>(), new List<string>());
        foreach (var word in words.Skip(2).Where(word => word[0] != '<'))
        {
            // Where a device is: its PASID, and the HWPT.
            if (type == ObjectType.Device && word.Split(':') is [var pasid, var hwpt]
                && uint.TryParse(pasid, out _) && uint.TryParse(hwpt, out _))
            {
                references.Add(IdOf(hwpt));
                // The edge shows it; the PASID it does not.
                more.Add(pasid == "0" ? $"attached to {hwpt}" : $"pasid {pasid} attached to {hwpt}");
            }
            else facts.Add(type == ObjectType.Vdevice ? $"virtual id 0x{word}" : word);
        }
        var areas = parts.Count(part => part.StartsWith("0x", StringComparison.Ordinal));
        if (type == ObjectType.Ioas) facts.Add(areas switch { 0 => "no areas", 1 => "1 area", _ => $"{areas} areas" });
        return new DrawnNode(
            id, type, string.Join(", ", facts), string.Join('\n', more.Concat(parts)), "", ParentOf(type, references, types), references);
    }

    /// <summary>A vDEVICE stands beside its vIOMMU and refers to its device; all else beside the first that it is built on.</summary>
    private static ObjectId ParentOf(ObjectType type, List<ObjectId> references, Dictionary<ObjectId, ObjectType> types) =>
        references.Where(id => type != ObjectType.Vdevice || types.GetValueOrDefault(id) != ObjectType.Device)
            .OrderBy(id => types.GetValueOrDefault(id) == ObjectType.Fault).FirstOrDefault();

    private static ObjectId IdOf(string text) => new(uint.Parse(text, CultureInfo.InvariantCulture));
}
