using System.Diagnostics;

namespace Iommu.Tests.Persistence.Damage;

/// <summary>A file system of a size that a test chooses; only root can have one.</summary>
internal sealed class Tmpfs : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("iommu-tmpfs-");

    public Tmpfs(string size)
    {
        if (Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", _folder.FullName)) return;
        _folder.Delete();
        throw new InvalidOperationException("a tmpfs cannot be mounted here");
    }

    /// <summary>Whether there can be one here.</summary>
    public static bool IsPossible { get; } = Try();

    public string File(string name) => Path.Combine(_folder.FullName, name);

    public void Resize(string size) => Assert.True(Run("mount", "-o", $"remount,size={size}", _folder.FullName));

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Run("umount", "-l", _folder.FullName);
        _folder.Delete();
    }

    private static bool Try()
    {
        try
        {
            using var tried = new Tmpfs("64k");
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static bool Run(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}

/// <summary>A fact that needs a small file system.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TmpfsFactAttribute : FactAttribute
{
    public TmpfsFactAttribute()
    {
        if (!Tmpfs.IsPossible) Skip = "a tmpfs cannot be mounted here: it takes root.";
    }
}
