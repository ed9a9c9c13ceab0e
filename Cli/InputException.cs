namespace Iommu.Cli;

/// <summary>What the user gave cannot be used. One line: what, where, and what would be right.</summary>
public sealed class InputException(string message) : Exception(message);
