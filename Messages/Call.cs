namespace Iommu.Messages;

/// <summary>
/// A request to a context, in typed form. Every call is answered by exactly one <see cref="Answer"/>, after what it did is durable.
/// </summary>
public abstract record Call;
