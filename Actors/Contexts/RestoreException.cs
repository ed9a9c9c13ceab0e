namespace Iommu.Actors.Contexts;

/// <summary>A context cannot be brought back as its journal has it, on this machine. It serves nothing, and loses nothing.</summary>
public sealed class RestoreException(string message) : Exception(message);
