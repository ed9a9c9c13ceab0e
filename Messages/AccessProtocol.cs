namespace Iommu.Messages;

/// <summary>
/// iommufd_access_create(): a driver that reaches the memory of an IOAS without DMA. The answer's value is the id; its owner is the
/// sender, who is told before memory that it pinned is unmapped.
/// </summary>
/// <param name="PinsPages">Whether it will pin; what it may pin is then aligned to pages.</param>
public sealed record AccessCreate(bool PinsPages) : Call;

/// <summary>What a driver asks of an access. ENOENT when there is none.</summary>
public abstract record AccessCall(ObjectId Access) : Call;

/// <summary>
/// iommufd_access_attach(). ENOENT no such IOAS, EINVAL attached already, EBUSY a detach or a replace is under way, EADDRINUSE areas that
/// do not fit its alignment.
/// </summary>
public sealed record AccessAttach(ObjectId Access, ObjectId Ioas) : AccessCall(Access);

/// <summary>
/// iommufd_access_replace(): its owner lets go of every page first. ENOENT not attached, or no such IOAS; EADDRINUSE as
/// <see cref="AccessAttach"/>.
/// </summary>
public sealed record AccessReplace(ObjectId Access, ObjectId Ioas) : AccessCall(Access);

/// <summary>iommufd_access_detach(): its owner lets go of every page first. EINVAL when it is not attached.</summary>
public sealed record AccessDetach(ObjectId Access) : AccessCall(Access);

/// <summary>
/// iommufd_access_pin_pages(). Answered by <see cref="PagesAnswer"/>. EINVAL length 0, unaligned, or an access that pins nothing,
/// EOVERFLOW, ENOENT not mapped whole, EPERM without the right.
/// </summary>
public sealed record AccessPin(ObjectId Access, ulong Iova, ulong LengthBytes, bool Write) : AccessCall(Access);

/// <summary>iommufd_access_unpin_pages(): exactly what one <see cref="AccessPin"/> pinned. EINVAL when it did not.</summary>
public sealed record AccessUnpin(ObjectId Access, ulong Iova, ulong LengthBytes) : AccessCall(Access);

/// <summary>
/// iommufd_access_rw(), reading. Answered by <see cref="BytesAnswer"/>. ENOENT not mapped whole, EPERM without the right, EINVAL length
/// 0, EFAULT.
/// </summary>
public sealed record AccessRead(ObjectId Access, ulong Iova, ulong LengthBytes) : AccessCall(Access);

/// <summary>iommufd_access_rw(), writing.</summary>
public sealed record AccessWrite(ObjectId Access, ulong Iova, ReadOnlyMemory<byte> Bytes) : AccessCall(Access);

/// <summary>iommufd_access_destroy(): its owner is done with it. Waits for calls in flight.</summary>
public sealed record AccessDestroy(ObjectId Access) : AccessCall(Access);

/// <summary>The physical addresses of pages, in order.</summary>
public sealed record PagesAnswer(Errno Errno, IReadOnlyList<ulong> Pages) : Answer(Errno);

/// <summary>Bytes read.</summary>
public sealed record BytesAnswer(Errno Errno, ReadOnlyMemory<byte> Bytes) : Answer(Errno);
