using Xunit.Abstractions;
using Xunit.Sdk;

namespace Iommu.Tests.Conformance.Persistence;

/// <summary>A fact about a store, skipped where the store cannot be had.</summary>
[XunitTestCaseDiscoverer("Iommu.Tests.Conformance.Persistence.StoreFactDiscoverer", "Iommu.Tests")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class StoreFactAttribute : FactAttribute;

public sealed class StoreFactDiscoverer(IMessageSink diagnostics) : FactDiscoverer(diagnostics)
{
    protected override IXunitTestCase CreateTestCase(
        ITestFrameworkDiscoveryOptions options, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        new StoreTestCase(DiagnosticMessageSink, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), testMethod);
}

public sealed class StoreTestCase : XunitTestCase
{
    [Obsolete("Only for deserialization")]
    public StoreTestCase()
    {
    }

    public StoreTestCase(IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod testMethod)
        : base(diagnostics, display, options, testMethod)
    {
    }

    protected override string GetSkipReason(IAttributeInfo factAttribute)
    {
        var needsPostgres = TestMethod.TestClass.Class.Name.Contains("OnPostgres", StringComparison.Ordinal);
        var given = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(PostgresStore.Variable));
        return needsPostgres && !given
            ? $"{PostgresStore.Variable} is not set: it takes the connection string of a PostgreSQL server."
            : base.GetSkipReason(factAttribute);
    }
}
