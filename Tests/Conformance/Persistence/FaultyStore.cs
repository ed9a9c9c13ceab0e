namespace Iommu.Tests.Conformance.Persistence;

/// <summary>A <see cref="FaultyJournal"/> and snapshots in memory.</summary>
public sealed class FaultyStore : Store
{
    public override string Config =>
        """
        akka.persistence.journal.plugin = "test.journal"
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
        test.journal.class = "Iommu.Tests.Conformance.Persistence.FaultyJournal, Iommu.Tests"
        """;

    public override void Dispose() => GC.SuppressFinalize(this);
}
