namespace Iommu.Messages;

/// <summary>
/// The answer to a <see cref="Call"/>. <paramref name="Value"/> is what the call writes back: an id, an IOVA, a length in
/// bytes, or for an invalidation the number of entries handled, also when it failed. A call that writes back more answers
/// with a record derived from this one; on an error it may answer with this one.
/// </summary>
public record Answer(Errno Errno, ulong Value = 0)
{
    public static readonly Answer Success = new(Errno.None);

    public ObjectId Id => new((uint)Value);

    public static implicit operator Answer(Errno errno) => errno == Errno.None ? Success : new(errno);

    public static implicit operator Answer(ObjectId id) => new(Errno.None, id.Value);

    public sealed override string ToString() => Errno == Errno.None ? $"ok {Value:x}" : $"{Errno} {Value:x}";
}
