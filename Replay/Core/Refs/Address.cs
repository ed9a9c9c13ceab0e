using System.Text;
using Akka.Util;

namespace Akka.Actor;

/// <summary>Where an actor system is: protocol, name, and host and port when it is remote.</summary>
public sealed class Address : IEquatable<Address>, IComparable<Address>, ISurrogated
{
    public static readonly Address AllSystems = new("akka", "all-systems");

    public Address(string protocol, string system, string? host = null, int? port = null)
    {
        Protocol = protocol;
        System = system;
        Host = host!;
        Port = port;
    }

    public string Protocol { get; }

    public string System { get; }

    public string Host { get; }

    public int? Port { get; }

    public bool HasLocalScope => string.IsNullOrEmpty(Host);

    public bool HasGlobalScope => !HasLocalScope;

    public static bool operator ==(Address? left, Address? right) => Equals(left, right);

    public static bool operator !=(Address? left, Address? right) => !Equals(left, right);

    public bool Equals(Address? other) =>
        other is not null && Protocol == other.Protocol && System == other.System && Host == other.Host && Port == other.Port;

    public override bool Equals(object? obj) => Equals(obj as Address);

    public override int GetHashCode() => unchecked((StableHash.Of(System) * 397) ^ (Port ?? 0));

    public int CompareTo(Address? other) => other is null ? 1 : string.CompareOrdinal(ToString(), other.ToString());

    public string HostPort() => ToString()[(Protocol.Length + 3)..];

    public override string ToString()
    {
        var text = new StringBuilder(Protocol).Append("://").Append(System);
        if (HasGlobalScope) text.Append('@').Append(Host);
        if (Port is { } port) text.Append(':').Append(port);
        return text.ToString();
    }

    /// <summary>Parses protocol://system or protocol://system@host:port.</summary>
    /// <exception cref="UriFormatException">The text is neither.</exception>
    public static Address Parse(string address) =>
        TryParse(address, out var parsed)
            ? parsed
            : throw new UriFormatException($"'{address}' is not an address (protocol://system[@host:port]).");

    public static bool TryParse(string path, out Address address)
    {
        address = null!;
        var scheme = path.IndexOf("://", StringComparison.Ordinal);
        if (scheme <= 0) return false;
        var rest = path[(scheme + 3)..];
        var slash = rest.IndexOf('/');
        if (slash >= 0) rest = rest[..slash];
        var at = rest.IndexOf('@');
        var name = at < 0 ? rest : rest[..at];
        if (name.Length == 0) return false;
        if (at < 0)
        {
            address = new Address(path[..scheme], name);
            return true;
        }
        var host = rest[(at + 1)..];
        var colon = host.LastIndexOf(':');
        int? port = null;
        if (colon >= 0)
        {
            if (!int.TryParse(host[(colon + 1)..], out var number)) return false;
            port = number;
            host = host[..colon];
        }
        address = new Address(path[..scheme], name, host, port);
        return true;
    }

    public ISurrogate ToSurrogate(ActorSystem system) =>
        new AddressSurrogate { Protocol = Protocol, System = System, Host = Host, Port = Port };

    /// <summary>The written form.</summary>
    public sealed class AddressSurrogate : ISurrogate
    {
        public string Protocol { get; set; } = "";

        public string System { get; set; } = "";

        public string Host { get; set; } = "";

        public int? Port { get; set; }

        public ISurrogated FromSurrogate(ActorSystem system) => new Address(Protocol, System, Host, Port);
    }
}
