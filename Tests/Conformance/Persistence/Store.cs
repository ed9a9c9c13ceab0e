namespace Iommu.Tests.Conformance.Persistence;

/// <summary>Where a spec's actors are kept: a journal and a snapshot store, empty at first, gone at the end.</summary>
public abstract class Store : IDisposable
{
    /// <summary>HOCON that makes them the default plugins.</summary>
    public abstract string Config { get; }

    /// <summary>After the actor system has ended.</summary>
    public abstract void Dispose();
}
