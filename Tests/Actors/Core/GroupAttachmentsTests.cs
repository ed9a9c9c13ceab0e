using Iommu.Actors.Core;
using Iommu.Messages;

namespace Iommu.Tests.Actors.Core;

/// <summary>The table of a group against a model that keeps a flat list of what is attached, and looks everything up in it.</summary>
public class GroupAttachmentsTests
{
    private static readonly ObjectId[] Devices = [new(1), new(2), new(3)];
    private static readonly uint[] Pasids = [0, 1, 7];

    private static readonly AttachTarget[] Hwpts =
        [new(new(10), false, false), new(new(11), true, false), new(new(12), true, true), new(new(13), false, true)];

    [Fact]
    public void Any_sequence_of_attaches_replaces_and_detaches_is_what_a_flat_list_says()
    {
        for (var seed = 0; seed < 300; seed++) Run(new Random(seed), seed);
    }

    [Fact]
    public void Unbinding_detaches_every_pasid_and_then_the_device_itself()
    {
        var table = new GroupAttachments();
        foreach (var pasid in new uint[] { 0, 7, 1 }) table.Attach(Devices[0], pasid, Hwpts[1]);
        table.Attach(Devices[1], 3, Hwpts[1]);
        Assert.Equal([1, 7, 0], table.PasidsOf(Devices[0]));
    }

    [Fact]
    public void An_attach_or_replace_replaces_only_what_this_device_is_attached_to()
    {
        var table = new GroupAttachments();
        table.Attach(Devices[0], 0, Hwpts[0]);
        Assert.Equal(AttachWork.Replace, table.Decide(Devices[0], 0, Hwpts[1].Hwpt, AttachMode.AttachOrReplace).Value);
        Assert.Equal(Errno.EINVAL, table.Decide(Devices[1], 0, Hwpts[1].Hwpt, AttachMode.AttachOrReplace).Errno);
        Assert.Equal(AttachWork.Join, table.Decide(Devices[1], 0, Hwpts[0].Hwpt, AttachMode.AttachOrReplace).Value);
    }

    [Fact]
    public void A_virtual_function_that_shares_page_requests_gets_no_hwpt_with_a_fault_queue()
    {
        var table = new GroupAttachments();
        Assert.Equal(Errno.EINVAL, table.Compatible(0, Hwpts[3], sharesPageRequests: true));
        Assert.Equal(Errno.None, table.Compatible(0, Hwpts[3], sharesPageRequests: false));
        Assert.Equal(Errno.None, table.Compatible(0, Hwpts[0], sharesPageRequests: true));
    }

    private static void Run(Random random, int seed)
    {
        var table = new GroupAttachments();
        var model = new Model();
        for (var step = 0; step < 60; step++)
        {
            var device = Devices[random.Next(Devices.Length)];
            var pasid = Pasids[random.Next(Pasids.Length)];
            if (random.Next(3) == 0)
            {
                Assert.Equal((seed, step, model.IsLast(device, pasid)), (seed, step, table.IsLast(device, pasid)));
                table.Detach(device, pasid);
                model.Detach(device, pasid);
            }
            else Attach(table, model, device, pasid, Hwpts[random.Next(Hwpts.Length)], (AttachMode)random.Next(3), (seed, step));
            AssertSame(table, model, (seed, step));
        }
    }

    private static void Attach(
        GroupAttachments table, Model model, ObjectId device, uint pasid, AttachTarget hwpt, AttachMode mode, (int, int) at)
    {
        var (errno, work) = model.Decide(device, pasid, hwpt, mode);
        var decided = table.Decide(device, pasid, hwpt.Hwpt, mode);
        Assert.Equal((at, errno, work), (at, decided.Errno, decided.Value));
        if (errno != Errno.None || work == AttachWork.Nothing) return;
        if (work != AttachWork.Join)
        {
            var compatible = table.Compatible(pasid, hwpt, sharesPageRequests: false);
            Assert.Equal((at, model.WouldBeCompatible(pasid, hwpt)), (at, compatible == Errno.None));
            if (compatible != Errno.None) return;
        }
        model.Put(device, pasid, hwpt, work);
        if (work == AttachWork.Replace) Assert.Equal(model.Devices(pasid), table.Replace(pasid, hwpt));
        else table.Attach(device, pasid, hwpt);
    }

    private static void AssertSame(GroupAttachments table, Model model, (int, int) at)
    {
        foreach (var pasid in Pasids)
        {
            Assert.Equal((at, model.Hwpt(pasid)), (at, table.Find(pasid)));
            Assert.Equal(model.Devices(pasid), table.Devices(pasid));
            foreach (var device in Devices)
                Assert.Equal((at, model.Devices(pasid).Contains(device)), (at, table.IsAttached(device, pasid)));
        }
    }

    private sealed class Model
    {
        private readonly List<(ObjectId Device, uint Pasid, AttachTarget Hwpt)> _attached = [];

        public AttachTarget? Hwpt(uint pasid) => _attached.Find(attached => attached.Pasid == pasid).Hwpt;

        public List<ObjectId> Devices(uint pasid) => [.. _attached.Where(it => it.Pasid == pasid).Select(it => it.Device)];

        public bool IsLast(ObjectId device, uint pasid) => Devices(pasid).Contains(device) && Devices(pasid).Count == 1;

        public (Errno, AttachWork) Decide(ObjectId device, uint pasid, AttachTarget hwpt, AttachMode mode)
        {
            var mine = Devices(pasid).Contains(device);
            var replaces = mode == AttachMode.Replace || (mode == AttachMode.AttachOrReplace && mine);
            return (replaces, mine, Hwpt(pasid)) switch
            {
                (true, false, _) => (Errno.EINVAL, default),
                (true, true, var old) => (Errno.None, old == hwpt ? AttachWork.Nothing : AttachWork.Replace),
                (false, true, _) => (Errno.EBUSY, default),
                (false, false, null) => (Errno.None, AttachWork.First),
                (false, false, var old) when old == hwpt => (Errno.None, AttachWork.Join),
                _ => (Errno.EINVAL, default),
            };
        }

        /// <summary>While any PASID is attached, every HWPT that is in use is one for PASIDs.</summary>
        public bool WouldBeCompatible(uint pasid, AttachTarget hwpt)
        {
            var used = Pasids.Where(other => other != pasid && Hwpt(other) is not null).ToDictionary(other => other, other => Hwpt(other)!);
            used[pasid] = hwpt;
            return used.Keys.All(key => key == 0) || used.Values.All(target => target.PasidCompatible);
        }

        public void Put(ObjectId device, uint pasid, AttachTarget hwpt, AttachWork work)
        {
            if (work != AttachWork.Replace) _attached.Add((device, pasid, hwpt));
            else
                for (var i = 0; i < _attached.Count; i++)
                    if (_attached[i].Pasid == pasid) _attached[i] = _attached[i] with { Hwpt = hwpt };
        }

        public void Detach(ObjectId device, uint pasid) => _attached.RemoveAll(it => it.Device == device && it.Pasid == pasid);
    }
}
