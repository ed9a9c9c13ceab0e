namespace Iommu.Messages;

/// <summary>A value, or the errno that stands in its place.</summary>
public readonly record struct Result<T>(Errno Errno, T? Value)
{
    public bool Failed => Errno != Errno.None;

    public static implicit operator Result<T>(T value) => new(Errno.None, value);

    public static implicit operator Result<T>(Errno errno) => new(errno, default);
}
