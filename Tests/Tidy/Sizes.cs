namespace Iommu.Tests.Tidy;

/// <summary>The limits of style.md: what one can read at once.</summary>
public static class Sizes
{
    public const int FileLinesMax = 300;
    public const int ActorFileLinesMax = 200;
    public const int FunctionLinesMax = 70;
    public const int ColumnsMax = 140;

    public static IEnumerable<Violation> LongFiles(SourceFile file)
    {
        // A trailing line break ends the last line, it does not begin another.
        var lines = file.Lines.Length - (file.Text.EndsWith('\n') ? 1 : 0);
        var max = IsActor(file) ? ActorFileLinesMax : FileLinesMax;
        var what = IsActor(file) ? "an actor's file" : "a file";
        if (lines > max) yield return new Violation(file.Path, max + 1, $"{lines} lines; {what} has at most {max}");
    }

    public static IEnumerable<Violation> LongLines(SourceFile file) => file.Lines
        .Select((line, i) => new Violation(file.Path, i + 1, $"{line.Length} columns; a line has at most {ColumnsMax}"))
        .Where(v => file.Lines[v.Line - 1].Length > ColumnsMax);

    public static IEnumerable<Violation> LongFunctions(SourceFile file) =>
        from f in Functions.In(file.Code)
        let lines = file.LineAt(f.End) - file.LineAt(f.Start) + 1
        where lines > FunctionLinesMax
        select new Violation(file.Path, file.LineAt(f.Start), $"{f.Name} has {lines} lines; a function has at most {FunctionLinesMax}");

    private static bool IsActor(SourceFile file) => file.IsIn("Actors") && !file.IsIn("Actors/Core");
}
