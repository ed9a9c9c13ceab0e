using System.Reflection;
using System.Runtime.Loader;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.Cli.Stress;

/// <summary>
/// An assembly with hardware of the user's own. What it refers to comes from the running product where that has it, so that its types are
/// the product's, and else from beside the file.
/// </summary>
internal static class HardwareFile
{
    /// <summary>The one hardware in it.</summary>
    /// <exception cref="InputException">The file is not there or no assembly, or has not one public StressHardware to be made.</exception>
    public static StressHardware Load(string path)
    {
        var file = Path.GetFullPath(path);
        if (!File.Exists(file)) throw new InputException("there is no such file");
        var found = TypesOf(file).Where(type => type.IsSubclassOf(typeof(StressHardware)) && !type.IsAbstract).ToList();
        var type = found switch
        {
            [var one] => one,
            [] => throw new InputException($"it has no public class that derives from {typeof(StressHardware).FullName}"),
            _ => throw new InputException($"it has {found.Count} public classes that derive from {nameof(StressHardware)} "
                + $"({string.Join(", ", found.Select(type => type.Name).Order(StringComparer.Ordinal))}); one was expected"),
        };
        if (type.GetConstructor(Type.EmptyTypes) is not { } constructor)
            throw new InputException($"{type.FullName} has no public constructor without parameters");
        try
        {
            return (StressHardware)constructor.Invoke(null);
        }
        catch (TargetInvocationException e)
        {
            throw new InputException($"{type.FullName} cannot be made: {e.InnerException!.Message}");
        }
    }

    private static Type[] TypesOf(string file)
    {
        try
        {
            return new Context(file).LoadFromAssemblyPath(file).GetExportedTypes();
        }
        catch (BadImageFormatException)
        {
            throw new InputException("it is no .NET assembly");
        }
        catch (Exception e) when (e is FileLoadException or FileNotFoundException or TypeLoadException)
        {
            throw new InputException($"it does not go with this build: {e.Message}");
        }
    }

    private sealed class Context(string file) : AssemblyLoadContext($"hardware {file}")
    {
        private readonly AssemblyDependencyResolver _beside = new(file);

        protected override Assembly? Load(AssemblyName name)
        {
            try
            {
                return Default.LoadFromAssemblyName(name);
            }
            catch (FileNotFoundException)
            {
                return _beside.ResolveAssemblyToPath(name) is { } path ? LoadFromAssemblyPath(path) : null;
            }
        }
    }
}
