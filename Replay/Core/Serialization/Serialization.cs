using System.Collections.Concurrent;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;

namespace Akka.Serialization;

/// <summary>The serializers of one actor system, as configured under akka.actor.serializers and serialization-bindings.</summary>
public class Serialization
{
    private readonly Dictionary<string, Serializer> _byName = [];
    private readonly ConcurrentDictionary<int, Serializer> _byId = new();
    private readonly List<KeyValuePair<Type, Serializer>> _bindings = [];
    private readonly ConcurrentDictionary<Type, Serializer> _known = new();
    private readonly NullSerializer _nullSerializer;

    public Serialization(ExtendedActorSystem system)
    {
        System = system;
        _nullSerializer = new NullSerializer(system);
        AddSerializer("null", _nullSerializer);
        AddSerializer("json", new NewtonSoftJsonSerializer(system));
        AddSerializer("bytes", new ByteArraySerializer(system));
        AddSerializationMap(typeof(object), _byName["json"]);
        AddSerializationMap(typeof(byte[]), _byName["bytes"]);
        AddConfigured();
    }

    public ExtendedActorSystem System { get; }

    /// <summary>What is written beside the bytes so that they can be read again; empty where the serializer needs nothing.</summary>
    public static string ManifestFor(Serializer s, object msg) => s switch
    {
        SerializerWithStringManifest own => own.Manifest(msg),
        { IncludeManifest: true } => TypeNames.Short(msg.GetType()),
        _ => string.Empty,
    };

    public void AddSerializer(string name, Serializer serializer)
    {
        _byName[name] = serializer;
        _byId[serializer.Identifier] = serializer;
    }

    public void AddSerializationMap(Type type, Serializer serializer)
    {
        _bindings.RemoveAll(binding => binding.Key == type);
        _bindings.Add(KeyValuePair.Create(type, serializer));
        _known.Clear();
    }

    public byte[] Serialize(object o) => FindSerializerFor(o).ToBinary(o);

    /// <exception cref="SerializationException">No serializer has this identifier.</exception>
    public object Deserialize(byte[] bytes, int serializerId, Type type) => ById(serializerId, type?.Name).FromBinary(bytes, type!);

    /// <exception cref="SerializationException">No serializer has this identifier, or the manifest names no type.</exception>
    public object Deserialize(byte[] bytes, int serializerId, string manifest)
    {
        var serializer = ById(serializerId, manifest);
        if (serializer is SerializerWithStringManifest own) return own.FromBinary(bytes, manifest);
        if (string.IsNullOrEmpty(manifest)) return serializer.FromBinary(bytes, null!);
        var type = TypeNames.Find(manifest) ?? throw new SerializationException(
            $"Cannot find manifest class [{manifest}] for serializer with id [{serializerId}].");
        return serializer.FromBinary(bytes, type);
    }

    public Serializer FindSerializerFor(object obj, string defaultSerializerName = null!) =>
        obj is null ? _nullSerializer : FindSerializerForType(obj.GetType(), defaultSerializerName);

    /// <summary>The serializer bound to the type, else to the closest type that it derives from or implements;
    /// only then the named default, and last what object is bound to.</summary>
    public Serializer FindSerializerForType(Type objectType, string defaultSerializerName = null!)
    {
        if (_known.TryGetValue(objectType, out var known)) return known;
        var found = Closest(objectType) ?? Named(defaultSerializerName) ?? _bindings.Find(b => b.Key == typeof(object)).Value;
        return _known[objectType] = found;
    }

    private Serializer? Closest(Type type)
    {
        var matching = _bindings.FindAll(b => b.Key != typeof(object) && b.Key.IsAssignableFrom(type));
        return matching.Find(b => !matching.Exists(other => other.Key != b.Key && b.Key.IsAssignableFrom(other.Key))).Value;
    }

    private Serializer? Named(string? name) => name is not null && _byName.TryGetValue(name, out var named) ? named : null;

    private Serializer ById(int id, string? manifest) => _byId.GetValueOrDefault(id) ?? throw new SerializationException(
        $"Cannot find serializer with id [{id}] (manifest [{manifest}]): what was written by it needs an entry in akka.actor.serializers.");

    private void AddConfigured()
    {
        var config = System.Settings.Config.GetConfig("akka.actor") ?? Config.Empty;
        var settings = config.GetConfig("serialization-settings") ?? Config.Empty;
        foreach (var (name, typeName) in (config.GetConfig("serializers") ?? Config.Empty).Entries)
        {
            var type = TypeNames.Find(typeName) ?? throw new ConfigurationException(
                $"akka.actor.serializers.{name} is '{typeName}', expected the name of a class with its assembly.");
            var own = settings.GetConfig($"\"{name}\"");
            object[] arguments = own.IsNullOrEmpty() ? [System] : [System, own];
            AddSerializer(name, (Serializer)Activator.CreateInstance(type, arguments)!);
        }

        foreach (var (typeName, name) in (config.GetConfig("serialization-bindings") ?? Config.Empty).Entries)
        {
            var type = TypeNames.Find(typeName) ?? throw new ConfigurationException(
                $"akka.actor.serialization-bindings has the key '{typeName}', expected the name of a type with its assembly.");
            AddSerializationMap(type, Named(name) ?? throw new ConfigurationException(
                $"akka.actor.serialization-bindings binds {typeName} to '{name}', expected a name under akka.actor.serializers."));
        }
    }
}
