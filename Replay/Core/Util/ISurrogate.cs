using Akka.Actor;

namespace Akka.Util;

/// <summary>The written form of a <see cref="ISurrogated"/>.</summary>
public interface ISurrogate
{
    ISurrogated FromSurrogate(ActorSystem system);
}
