using Akka.Actor;

namespace Akka.Util;

/// <summary>Something that is written as another object in its place.</summary>
public interface ISurrogated
{
    ISurrogate ToSurrogate(ActorSystem system);
}
