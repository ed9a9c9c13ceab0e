namespace Akka.Configuration;

/// <summary>An immutable tree of settings, read by dotted paths; a key with dots in it is quoted inside the path.</summary>
public partial class Config
{
    public static readonly Config Empty = ConfigurationFactory.Empty;

    private readonly HoconObject _root;

    public Config() => _root = HoconObject.Empty;

    public Config(Config source, Config fallback) => _root = fallback is null ? source._root : fallback._root.OverriddenBy(source._root);

    internal Config(HoconObject root) => _root = root;

    public virtual bool IsEmpty => _root.Items.Count == 0;

    /// <summary>The settings directly below this one, in the order of the text, as strings; objects and lists as HOCON.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Entries =>
        _root.Items.Select(item => KeyValuePair.Create(item.Key, item.Value is HoconText text ? text.Value ?? "" : item.Value.ToString()));

    /// <summary>This configuration where it says something, <paramref name="fallback"/> where it does not; objects are merged.</summary>
    public virtual Config WithFallback(Config fallback)
    {
        if (ReferenceEquals(fallback, this)) throw new ArgumentException("Config can not have itself as fallback", nameof(fallback));
        return fallback is null || fallback.IsEmpty ? this : IsEmpty ? fallback : new Config(this, fallback);
    }

    public virtual bool HasPath(string path) => Find(path) is not null;

    /// <summary>The settings below a path; null where there is no object.</summary>
    public virtual Config GetConfig(string path) => Find(path) is HoconObject found ? new Config(found) : null!;

    public override string ToString() => _root.ToString();

    public string ToString(bool includeFallback) => ToString();

    public static Config operator +(Config config, string fallback) => config.WithFallback(ConfigurationFactory.ParseString(fallback));

    public static Config operator +(string configHocon, Config fallbackConfig) =>
        ConfigurationFactory.ParseString(configHocon).WithFallback(fallbackConfig);

    public static implicit operator Config(string str) => ConfigurationFactory.ParseString(str);

    private HoconNode? Find(string path)
    {
        HoconNode? node = _root;
        foreach (var key in HoconPath.Split(path))
        {
            node = (node as HoconObject)?[key];
            if (node is null) return null;
        }

        return node;
    }
}
