using Iommu.Bridge.Programs;

namespace Iommu.Tests.Bridge;

/// <summary>A test that starts real programs: skipped where there is no C compiler to build the shim and the programs.</summary>
public sealed class BridgeFactAttribute : FactAttribute
{
    public BridgeFactAttribute()
    {
        if (!ShimLibrary.IsBuilt) Skip = BridgeTheoryAttribute.NoCompiler;
    }
}

/// <summary><see cref="BridgeFactAttribute"/>, with data.</summary>
public sealed class BridgeTheoryAttribute : TheoryAttribute
{
    internal const string NoCompiler = "there was no C compiler (cc) to build the shim with";

    public BridgeTheoryAttribute()
    {
        if (!ShimLibrary.IsBuilt) Skip = NoCompiler;
    }
}
