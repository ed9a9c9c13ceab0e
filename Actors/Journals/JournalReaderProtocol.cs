using Iommu.Persistence.Graph;

namespace Iommu.Actors.Journals;

/// <summary>
/// To a <see cref="JournalReader"/>: what does the journal say? Answered by <see cref="JournalContents"/>, or by a failure with a
/// <see cref="JournalException"/> that names the stream which cannot be read.
/// </summary>
/// <param name="Context">The one context to fold; null for every one.</param>
public sealed record ReadJournal(string? Context);

/// <param name="Names">Every context that the journal knows, in the order in which they were first opened.</param>
/// <param name="Contexts">Those that were asked for: open ones first.</param>
public sealed record JournalContents(IReadOnlyList<string> Names, IReadOnlyList<ContextState> Contexts);

/// <summary>From a reader of one stream: everything in it has been folded.</summary>
internal sealed record StreamFolded(string Stream, long EventsTotal);

/// <summary>From a reader of one stream: recovery failed.</summary>
internal sealed record StreamUnreadable(string Stream, Exception Cause);
