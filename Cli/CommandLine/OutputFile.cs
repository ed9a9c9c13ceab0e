namespace Iommu.Cli.CommandLine;

/// <summary>A file that a command is going to write.</summary>
internal static class OutputFile
{
    /// <summary>Finds out before the work whether the file can be written, and makes its folder.</summary>
    /// <exception cref="InputException">It cannot.</exception>
    public static void Check(string option, string? path)
    {
        if (path is null) return;
        if (Directory.Exists(path)) throw new InputException($"{option} {path}: this is a directory; name a file");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            var existed = File.Exists(path);
            using (File.Open(path, FileMode.OpenOrCreate, FileAccess.Write)) { }
            if (!existed) File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InputException($"{option} {path}: it cannot be written there: {e.Message}");
        }
    }

    /// <summary>No two outputs of a command may be one file.</summary>
    /// <exception cref="InputException">Two are.</exception>
    public static void CheckDistinct(params (string Option, string? Path)[] outputs)
    {
        var named = outputs.Where(output => output.Path is not null).GroupBy(output => Path.GetFullPath(output.Path!));
        foreach (var same in named.Where(group => group.Count() > 1))
            throw new InputException($"{string.Join(" and ", same.Select(output => output.Option))} name one file, {same.First().Path}");
    }
}
