using System.Reflection;
using Newtonsoft.Json;

namespace Akka.Configuration;

/// <summary>Reads HOCON into a <see cref="Config"/>.</summary>
public class ConfigurationFactory
{
    public static Config Empty => new(HoconObject.Empty);

    /// <exception cref="ConfigurationException">
    /// The text is not HOCON; the message names the line, what stands there and what would be right.
    /// </exception>
    public static Config ParseString(string hocon) => new(HoconResolver.Resolve(new HoconParser(hocon).Parse()));

    /// <summary>What a process is configured with from outside. There is no app.config here: always empty.</summary>
    public static Config Load() => Empty;

    public static Config FromObject(object source) => ParseString(JsonConvert.SerializeObject(source));

    public static Config FromResource<TAssembly>(string resourceName) => FromResource(resourceName, typeof(TAssembly).Assembly);

    public static Config FromResource(string resourceName, Assembly assembly)
    {
        using var stream = assembly.GetManifestResourceStream(resourceName)
            ?? throw new ConfigurationException($"The assembly {assembly.GetName().Name} has no embedded resource named '{resourceName}'.");
        using var reader = new StreamReader(stream);
        return ParseString(reader.ReadToEnd());
    }
}
