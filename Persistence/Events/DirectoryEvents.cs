namespace Iommu.Persistence.Events;

/// <summary>Something that happened to the set of contexts that a journal knows.</summary>
public abstract record DirectoryEvent;

/// <param name="Name">Its name; its graph is the stream <see cref="StreamNames.Context"/>.</param>
public sealed record ContextOpened(string Name) : DirectoryEvent;

public sealed record ContextClosed(string Name) : DirectoryEvent;
