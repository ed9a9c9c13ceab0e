using Akka.Configuration;

namespace Akka.Persistence.Sql.Database;

/// <summary>Keys that the journal and the snapshot store have in common.</summary>
internal static class SqlSettings
{
    public static string ConnectionString(Config config) => config.GetString("connection-string") is { Length: > 0 } given ? given
        : throw new ConfigurationException("connection-string is empty, expected one such as 'Data Source=iommu.db'.");

    /// <summary>Refuses what this implementation would otherwise have to ignore in silence.</summary>
    public static void Require(Config config, string key, params string[] supported)
    {
        var value = config.GetString(key, supported[0]);
        if (!supported.Contains(value, StringComparer.OrdinalIgnoreCase))
            throw new ConfigurationException($"{key} is '{value}', expected {string.Join(" or ", supported)}.");
    }
}
