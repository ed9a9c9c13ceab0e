namespace Iommu.Cli;

/// <summary>What a command came to, for scripts.</summary>
public static class ExitCode
{
    public const int Held = 0;

    /// <summary>An invariant broke, or a row of a capture does not match.</summary>
    public const int Broken = 1;

    /// <summary>Wrong usage, or input that cannot be used.</summary>
    public const int Usage = 2;
}
