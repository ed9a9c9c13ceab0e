namespace Iommu.Tests.Conformance.Persistence;

public sealed class MemoryStore : Store
{
    public override string Config =>
        """
        akka.persistence.journal.plugin = "akka.persistence.journal.inmem"
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
        """;

    public override void Dispose() => GC.SuppressFinalize(this);
}
