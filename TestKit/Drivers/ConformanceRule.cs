namespace Iommu.TestKit.Drivers;

/// <summary>Something that every driver owes to the core that calls it.</summary>
public sealed class ConformanceRule
{
    private readonly Func<RuleContext, bool> _check;

    internal ConformanceRule(string name, Func<RuleContext, bool> check) => (Name, _check) = (name, check);

    /// <summary>The rule in one sentence, words joined by underscores.</summary>
    public string Name { get; }

    /// <summary>Holds a driver against it.</summary>
    /// <param name="rig">A fresh one.</param>
    /// <param name="seed">Of every random choice.</param>
    /// <returns>False when the driver has nothing that the rule is about.</returns>
    /// <exception cref="ConformanceException">The driver breaks it.</exception>
    public bool Check(DriverRig rig, int seed = 1) => _check(new RuleContext(Name, rig, seed));

    public override string ToString() => Name;
}

/// <summary>A driver broke a rule: which, and how.</summary>
public sealed class ConformanceException(string rule, string what) : Exception($"{rule}: {what}")
{
    public string Rule => rule;
}
