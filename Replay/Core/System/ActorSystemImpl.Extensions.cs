using System.Collections.Concurrent;

namespace Akka.Actor.Internal;

public partial class ActorSystemImpl
{
    private readonly ConcurrentDictionary<Type, Lazy<object>> _extensions = new();

    public override object RegisterExtension(IExtensionId extension) => _extensions.GetOrAdd(
        extension.ExtensionType,
        static (_, context) => new Lazy<object>(() => context.extension.CreateExtension(context.system)),
        (extension, system: this)).Value;

    public override object GetExtension(IExtensionId extensionId) =>
        TryGetExtension(extensionId.ExtensionType, out var extension) ? extension : RegisterExtension(extensionId);

    public override T GetExtension<T>() => TryGetExtension<T>(out var extension)
        ? extension
        : throw new InvalidOperationException($"No extension of type {typeof(T)} is registered");

    public override bool HasExtension(Type type) => _extensions.ContainsKey(type);

    public override bool HasExtension<T>() => HasExtension(typeof(T));

    public override bool TryGetExtension(Type extensionType, out object extension)
    {
        extension = _extensions.TryGetValue(extensionType, out var registered) ? registered.Value : null!;
        return extension is not null;
    }

    public override bool TryGetExtension<T>(out T extension)
    {
        TryGetExtension(typeof(T), out var found);
        extension = (found as T)!;
        return extension is not null;
    }
}
