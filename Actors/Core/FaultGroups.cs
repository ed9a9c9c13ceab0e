using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iommu.Actors.Objects;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Core;

/// <summary>
/// The groups of page faults of one fault queue: reported ones wait to be read, read ones for their answer (struct iommufd_fault,
/// eventq.c). A group is read whole or not at all, and ends in exactly one answer (invariant I6).
/// </summary>
/// <param name="failures">Which allocations fail.</param>
internal sealed class FaultGroups(IFailureInjection failures)
{
    private static readonly int FaultBytes = Unsafe.SizeOf<IommuHwptPgfault>();
    private static readonly int ResponseBytes = Unsafe.SizeOf<IommuHwptPageResponse>();

    private readonly LinkedList<FaultGroup> _deliver = [];
    private readonly SortedDictionary<uint, FaultGroup> _response = [];
    private readonly IdTable _cookies = new();

    /// <summary>In the order in which they are read.</summary>
    public IReadOnlyCollection<FaultGroup> Undelivered => _deliver;

    /// <summary>What was read and not answered, by its cookie.</summary>
    public IReadOnlyDictionary<uint, FaultGroup> Unanswered => _response;

    public bool IsReadable => _deliver.Count > 0;

    /// <summary>Takes a group over from who reports it (iommufd_fault_iopf_handler).</summary>
    public void Deliver(FaultGroup group)
    {
        group.Pass(FaultGroup.OwnerKind.Pending, FaultGroup.OwnerKind.Deliver);
        _deliver.AddLast(group);
    }

    /// <summary>Gives out as many whole groups as fit, each under a cookie of its own (iommufd_fault_fops_read).</summary>
    /// <returns>
    /// The bytes given out, also when a later group failed; 0 when there is none. ESPIPE no multiple of a fault, EINVAL the first group
    /// does not fit, EFAULT, ENOMEM: a group that failed is the next one to be read.
    /// </returns>
    public Answer Read(int countBytes, CopyOut copyOut)
    {
        if (countBytes % FaultBytes != 0) return Errno.ESPIPE;
        var done = 0;
        var errno = Errno.None;
        while (errno == Errno.None && _deliver.First?.Value is { } group)
        {
            var lengthBytes = (long)group.Faults.Count * FaultBytes;
            if (done >= countBytes || lengthBytes > countBytes - done) errno = Errno.EINVAL;
            else
            {
                errno = Read(group, done, copyOut);
                if (errno == Errno.None) done += (int)lengthBytes;
            }
        }
        return done == 0 ? errno : new Answer(Errno.None, (ulong)done);
    }

    /// <summary>Takes answers in, until one is wrong (iommufd_fault_fops_write).</summary>
    /// <param name="countBytes">Length of the answers.</param>
    /// <param name="copyIn">Where they are.</param>
    /// <param name="respond">Tells the device of a group how it was answered.</param>
    /// <returns>
    /// The bytes taken in, also when a later answer failed. ESPIPE no multiple of an answer, EINVAL no such code or no such cookie, EFAULT.
    /// </returns>
    public Answer Write(int countBytes, CopyIn copyIn, Action<FaultGroup, PageResponseCode> respond)
    {
        if (countBytes % ResponseBytes != 0) return Errno.ESPIPE;
        var response = default(IommuHwptPageResponse);
        var done = 0;
        var errno = Errno.None;
        for (; done < countBytes; done += ResponseBytes)
        {
            errno = copyIn(done, MemoryMarshal.AsBytes(new Span<IommuHwptPageResponse>(ref response)));
            if (errno != Errno.None) break;
            errno = response.Code is PageResponseCode.Success or PageResponseCode.Invalid
                && _response.TryGetValue(response.Cookie, out var group)
                ? Answer(response.Cookie, group, response.Code, respond) : Errno.EINVAL;
            if (errno != Errno.None) break;
        }
        return done == 0 ? errno : new Answer(Errno.None, (ulong)done);
    }

    /// <summary>An attachment has ended: every group of it is answered INVALID, read or not (iommufd_auto_response_faults).</summary>
    public void AutoRespond(AttachHandle handle, Action<FaultGroup, PageResponseCode> respond) =>
        RespondInvalid(group => ReferenceEquals(group.Handle, handle), respond);

    /// <summary>The queue goes: every group is answered INVALID (iommufd_fault_destroy).</summary>
    public void RespondToAll(Action<FaultGroup, PageResponseCode> respond) => RespondInvalid(_ => true, respond);

    private Errno Read(FaultGroup group, int offset, CopyOut copyOut)
    {
        if (failures.ShouldFail("reserve cookie")) return Errno.ENOMEM;
        var cookie = _cookies.Reserve().Value;
        foreach (var fault in group.Faults)
        {
            var laidOut = new IommuHwptPgfault
            {
                Flags = fault.Flags, DevId = group.Handle.Device.Value, Pasid = fault.Pasid, Grpid = fault.Group,
                Perm = fault.Permissions, Addr = fault.Address, Cookie = cookie,
            };
            var errno = copyOut(offset, MemoryMarshal.AsBytes(new ReadOnlySpan<IommuHwptPgfault>(in laidOut)));
            if (errno != Errno.None)
            {
                _cookies.Free(new ObjectId(cookie));
                return errno;
            }
            offset += FaultBytes;
        }
        group.Pass(FaultGroup.OwnerKind.Deliver, FaultGroup.OwnerKind.Response);
        _deliver.RemoveFirst();
        _response.Add(cookie, group);
        return Errno.None;
    }

    private Errno Answer(uint cookie, FaultGroup group, PageResponseCode code, Action<FaultGroup, PageResponseCode> respond)
    {
        _response.Remove(cookie);
        _cookies.Free(new ObjectId(cookie));
        group.Pass(FaultGroup.OwnerKind.Response, FaultGroup.OwnerKind.Answered);
        respond(group, code);
        return Errno.None;
    }

    private void RespondInvalid(Func<FaultGroup, bool> concerned, Action<FaultGroup, PageResponseCode> respond)
    {
        foreach (var group in _deliver.Where(concerned).ToList())
        {
            _deliver.Remove(group);
            group.Pass(FaultGroup.OwnerKind.Deliver, FaultGroup.OwnerKind.Answered);
            respond(group, PageResponseCode.Invalid);
        }
        foreach (var (cookie, group) in _response.Where(read => concerned(read.Value)).ToList())
            Answer(cookie, group, PageResponseCode.Invalid, respond);
    }
}
