using Iommu.Actors.Core;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors.Core;

/// <summary>
/// A fault queue in the plainest words: one list of everything that is not answered. With a bug it does what the checkers have to find.
/// </summary>
internal sealed class NaiveFaultQueue(FaultQueueBug bug = FaultQueueBug.None)
{
    private readonly List<Item> _items = [];

    public event Action<IReadOnlyList<PageFault>, PageResponseCode>? Responded;

    public IEnumerable<IReadOnlyList<PageFault>> Undelivered => _items.Where(item => item.Undelivered).Select(item => item.Faults);

    public IEnumerable<IReadOnlyList<PageFault>> Unanswered => _items.Where(item => item.Cookie != 0).Select(item => item.Faults);

    public void Deliver(AttachHandle handle, IReadOnlyList<PageFault> faults) => _items.Add(new Item(handle, faults));

    public Answer Read(int countBytes, CopyOut copyOut, bool noMemory = false)
    {
        if (countBytes % 40 != 0) return Errno.ESPIPE;
        var done = 0;
        while (_items.Find(item => item.Undelivered) is { } item)
        {
            var fits = (countBytes - done) / 40;
            if (bug != FaultQueueBug.TearsAGroupThatDoesNotFit || fits == 0)
                if (item.Faults.Count > fits) return done == 0 ? Errno.EINVAL : Bytes(done);
            if (noMemory) return done == 0 ? Errno.ENOMEM : Bytes(done);
            var taken = item.Faults.Take(fits).ToList();
            var cookie = LowestFreeCookie();
            for (var i = 0; i < taken.Count; i++)
            {
                if (copyOut(done + 40 * i, Layout(item.Handle, taken[i], cookie)) == Errno.None) continue;
                if (bug == FaultQueueBug.DropsTheGroupOfAFailedRead) _items.Remove(item);
                return done == 0 ? Errno.EFAULT : Bytes(done);
            }
            item.Cookie = cookie;
            item.Undelivered = bug == FaultQueueBug.StaysUndeliveredWhenRead && item.Handle.Pasid == 0;
            done += 40 * taken.Count;
            if (item.Undelivered) break;
        }
        return Bytes(done);
    }

    public Answer Write(int countBytes, CopyIn copyIn)
    {
        if (countBytes % 8 != 0) return Errno.ESPIPE;
        var bytes = new byte[8];
        for (var done = 0; done < countBytes; done += 8)
        {
            if (copyIn(done, bytes) != Errno.None) return done == 0 ? Errno.EFAULT : Bytes(done);
            var (cookie, code) = (BitConverter.ToUInt32(bytes, 0), BitConverter.ToUInt32(bytes, 4));
            var item = _items.Find(item => item.Cookie == cookie && cookie != 0);
            if (code > 1 || item is null) return done == 0 ? Errno.EINVAL : Bytes(done);
            Respond(item, (PageResponseCode)(bug == FaultQueueBug.AnswersWithTheOtherCode ? 1 - code : code));
        }
        return Bytes(countBytes);
    }

    public void AutoRespond(AttachHandle handle)
    {
        foreach (var item in _items.Where(item => item.Handle == handle).OrderBy(item => item.Undelivered ? 0 : item.Cookie).ToList())
            if (item.Undelivered || bug != FaultQueueBug.KeepsReadGroupsOfAnEndedAttachment) Respond(item, PageResponseCode.Invalid);
    }

    public void RespondToAll()
    {
        if (bug == FaultQueueBug.AnswersNothingWhenItGoes) return;
        foreach (var item in _items.OrderBy(item => item.Undelivered ? 0 : item.Cookie).ToList()) Respond(item, PageResponseCode.Invalid);
    }

    private static Answer Bytes(int count) => new(Errno.None, (ulong)count);

    private void Respond(Item item, PageResponseCode code)
    {
        _items.Remove(item);
        Responded?.Invoke(item.Faults, code);
        if (bug == FaultQueueBug.AnswersTwice) Responded?.Invoke(item.Faults, code);
    }

    private uint LowestFreeCookie()
    {
        for (var cookie = 1u; ; cookie++)
            if (bug == FaultQueueBug.GivesOneCookieToTwo || !_items.Exists(item => item.Cookie == cookie)) return cookie;
    }

    private static byte[] Layout(AttachHandle handle, PageFault fault, uint cookie)
    {
        uint[] words =
        [
            (uint)fault.Flags, handle.Device.Value, fault.Pasid, fault.Group, (uint)fault.Permissions, 0,
            (uint)fault.Address, (uint)(fault.Address >> 32), 0, cookie,
        ];
        return [.. words.SelectMany(BitConverter.GetBytes)];
    }

    private sealed class Item(AttachHandle handle, IReadOnlyList<PageFault> faults)
    {
        public AttachHandle Handle => handle;

        public IReadOnlyList<PageFault> Faults => faults;

        public bool Undelivered { get; set; } = true;

        public uint Cookie { get; set; }
    }
}
