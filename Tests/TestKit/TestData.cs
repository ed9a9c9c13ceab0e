namespace Iommu.Tests.TestKit;

/// <summary>Finds the files of Tests/Data from wherever the tests run.</summary>
internal static class TestData
{
    /// <summary>The path of a name in Tests/Data; the file itself need not exist.</summary>
    public static string Find(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var data = Path.Combine(folder.FullName, "Tests", "Data");
            if (Directory.Exists(data)) return Path.Combine(data, name);
        }
        throw new DirectoryNotFoundException($"Tests/Data is not above {AppContext.BaseDirectory}");
    }
}
