using Iommu.Actors;
using Iommu.Hardware.Mock;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Selftest;

/// <summary>TRIGGER_IOPF and TRIGGER_VEVENT: what the device says is there to be read when the call is answered.</summary>
public sealed class MockEventTests : IAsyncLifetime
{
    private const int FaultBytes = 40;
    private const int HeaderBytes = 8;

    private readonly MockHarness _iommu = new();
    private ObjectId _ioas;
    private MockDomainAnswer _made = null!;
    private EventQueueAnswer _faults = null!;

    public async Task InitializeAsync()
    {
        await _iommu.OpenAsync();
        _ioas = await _iommu.Ioas();
        _made = await _iommu.Answer<MockDomainAnswer>(new MockDomain(_ioas, (uint)MockDeviceFlags.Pasid));
        _faults = await _iommu.Answer<EventQueueAnswer>(new FaultQueueAlloc());
    }

    public async Task DisposeAsync() => await _iommu.DisposeAsync();

    [Fact]
    public async Task TRIGGER_IOPF_reports_a_fault_to_the_queue_of_what_the_device_is_attached_to()
    {
        await Replace(await Faulting(_ioas));
        await _iommu.Expect(Errno.None, Iopf());
        var (flags, device, pasid, group, permissions, address) = await ReadFault();
        Assert.Equal((PageFaultFlags.LastPage, _made.Device.Value, 0u, 3u), (flags, device, pasid, group));
        Assert.Equal((PageFaultPermissions.Write, 0xdead_beafUL), (permissions, address));
        Assert.Empty(await Read(_faults, FaultBytes));
    }

    [Fact]
    public async Task TRIGGER_IOPF_of_a_PASID_goes_where_that_is_attached()
    {
        await Replace(await _iommu.Hwpt(_made.Device, _ioas, HwptAllocFlags.Pasid));
        var faulting = await Faulting(_ioas, HwptAllocFlags.Pasid);
        await _iommu.Expect(Errno.None, new MockPasidAttach(_made.Selftest, 100, faulting));
        await _iommu.Expect(Errno.None, Iopf());
        await _iommu.Expect(Errno.None, Iopf(pasid: 100));
        var (flags, _, pasid, _, _, _) = await ReadFault();
        Assert.Equal((PageFaultFlags.LastPage | PageFaultFlags.PasidValid, 100u), (flags, pasid));
        Assert.Empty(await Read(_faults, FaultBytes));
    }

    [Fact]
    public async Task TRIGGER_IOPF_of_a_PASID_that_nothing_is_attached_to_goes_to_the_guest_that_has_the_PASID_table()
    {
        await Replace(await Faulting(_ioas));
        await _iommu.Expect(Errno.None, Iopf(pasid: 7));
        Assert.Empty(await Read(_faults, FaultBytes));
        await Replace(await Faulting(await _iommu.NestParent(_made.Device, _ioas)));
        await _iommu.Expect(Errno.None, Iopf(pasid: 7));
        Assert.Equal(7u, (await ReadFault()).Pasid);
    }

    [Fact]
    public async Task TRIGGER_IOPF_succeeds_where_nobody_handles_faults()
    {
        await _iommu.Expect(Errno.None, Iopf());
        Assert.Empty(await Read(_faults, FaultBytes));
    }

    [Fact]
    public async Task TRIGGER_IOPF_answers_ENOENT_for_no_device_and_EINVAL_for_one_that_is_no_mock()
    {
        await _iommu.Expect(Errno.ENOENT, Iopf() with { Device = _made.Selftest });
        await using var other = await new SimulatorHarness().OpenAsync();
        await other.Expect(Errno.EINVAL, Iopf() with { Device = await other.Bind() });
        await other.Expect(Errno.EINVAL, new MockTriggerVevent(new ObjectId(1)));
    }

    [Fact]
    public async Task TRIGGER_VEVENT_reports_the_virtual_id_to_the_event_queue_of_the_vIOMMU()
    {
        var viommu = await AttachThroughViommu(0x1_0000_0099);
        var events = await _iommu.Answer<EventQueueAnswer>(new VeventqAlloc(viommu, VeventqType.Selftest, 3));
        for (var sequence = 0u; sequence < 2; sequence++)
        {
            await _iommu.Expect(Errno.None, new MockTriggerVevent(_made.Device));
            Assert.Equal(MockHarness.Words(0, sequence, 0x99), await Read(events, HeaderBytes + 4));
        }
    }

    [Fact]
    public async Task TRIGGER_VEVENT_answers_EOPNOTSUPP_without_an_event_queue()
    {
        await AttachThroughViommu(0x99);
        await _iommu.Expect(Errno.EOPNOTSUPP, new MockTriggerVevent(_made.Device));
    }

    [Fact]
    public async Task TRIGGER_VEVENT_answers_ENOENT_without_a_device_a_vIOMMU_or_a_virtual_id()
    {
        await _iommu.Expect(Errno.ENOENT, new MockTriggerVevent(_made.Selftest));
        await _iommu.Expect(Errno.ENOENT, new MockTriggerVevent(_made.Device));
        await AttachThroughViommu(0);
        await _iommu.Expect(Errno.ENOENT, new MockTriggerVevent(_made.Device));
        await Replace(_ioas);
        await _iommu.Expect(Errno.ENOENT, new MockTriggerVevent(_made.Device));
    }

    private MockTriggerIopf Iopf(uint pasid = 0) => new(_made.Device, pasid, 3, (uint)PageFaultPermissions.Write, 0xdead_beaf);

    /// <summary>An HWPT, paging or nested, whose faults go to the queue.</summary>
    private Task<ObjectId> Faulting(ObjectId on, HwptAllocFlags flags = HwptAllocFlags.None)
    {
        flags |= HwptAllocFlags.FaultIdValid;
        return _iommu.Id(on == _ioas
            ? new HwptAlloc(_made.Device, on, flags, FaultQueue: _faults.Queue)
            : MockHarness.NestedCall(_made.Device, on, flags) with { FaultQueue = _faults.Queue });
    }

    private Task Replace(ObjectId hwpt) => _iommu.Expect(Errno.None, new MockDomainReplace(_made.Selftest, hwpt));

    private async Task<ObjectId> AttachThroughViommu(ulong virtualId)
    {
        var viommu = await _iommu.Viommu(_made.Device, await _iommu.NestParent(_made.Device, _ioas));
        await _iommu.Vdevice(viommu, _made.Device, virtualId);
        await Replace(await _iommu.Nested(_made.Device, viommu));
        return viommu;
    }

    /// <summary>struct iommu_hwpt_pgfault.</summary>
    private async Task<(PageFaultFlags, uint Device, uint Pasid, uint Group, PageFaultPermissions, ulong Address)> ReadFault()
    {
        var bytes = await Read(_faults, FaultBytes);
        Assert.Equal(FaultBytes, bytes.Length);
        uint Word(int index) => BitConverter.ToUInt32(bytes, index * 4);
        return ((PageFaultFlags)Word(0), Word(1), Word(2), Word(3), (PageFaultPermissions)Word(4), BitConverter.ToUInt64(bytes, 24));
    }

    private static async Task<byte[]> Read(EventQueueAnswer queue, int count)
    {
        var answer = await queue.File.ReadAsync(count);
        Assert.Equal(Errno.None, answer.Errno);
        return answer.Bytes.ToArray();
    }
}
