using Iommu.Hardware.Mock;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;

namespace Iommu.Tests.Selftest;

/// <summary>MOCK_DOMAIN_REPLACE, and PASID_ATTACH, PASID_REPLACE, PASID_DETACH and PASID_CHECK_HWPT.</summary>
public sealed class MockPasidTests : IAsyncLifetime
{
    private const uint Pasid = 100;

    private static readonly ObjectId Missing = new(99);

    private readonly MockHarness _iommu = new();
    private ObjectId _ioas;
    private MockDomainAnswer _made = null!;
    private ObjectId _first;
    private ObjectId _second;

    private ObjectId Selftest => _made.Selftest;

    public async Task InitializeAsync()
    {
        await _iommu.OpenAsync();
        _ioas = await _iommu.Ioas();
        _made = await _iommu.Answer<MockDomainAnswer>(new MockDomain(_ioas, (uint)MockDeviceFlags.Pasid));
        _first = await _iommu.Hwpt(_made.Device, _ioas, HwptAllocFlags.Pasid);
        _second = await _iommu.Hwpt(_made.Device, _ioas, HwptAllocFlags.Pasid);
    }

    public async Task DisposeAsync() => await _iommu.DisposeAsync();

    [Fact]
    public async Task MOCK_DOMAIN_REPLACE_moves_the_device_and_answers_the_HWPT()
    {
        Assert.Equal(_first, await _iommu.Id(new MockDomainReplace(Selftest, _first)));
        Assert.Null(_iommu.Context.Table.Find(_made.Hwpt));
        await _iommu.Expect(Errno.None, Check(0, _first));
        var auto = await _iommu.Id(new MockDomainReplace(Selftest, _ioas));
        await _iommu.Expect(Errno.None, Check(0, auto));
    }

    [Fact]
    public async Task MOCK_DOMAIN_REPLACE_answers_ENOENT_for_no_object_or_no_HWPT()
    {
        await _iommu.Expect(Errno.ENOENT, new MockDomainReplace(Missing, _first));
        await _iommu.Expect(Errno.ENOENT, new MockDomainReplace(_made.Device, _first));
        await _iommu.Expect(Errno.ENOENT, new MockDomainReplace(Selftest, Missing));
    }

    [Fact]
    public async Task MOCK_DOMAIN_REPLACE_answers_EINVAL_for_what_is_no_HWPT_or_does_not_suit_the_device()
    {
        await _iommu.Expect(Errno.EINVAL, new MockDomainReplace(Selftest, _made.Device));
        var noDirty = await _iommu.Answer<MockDomainAnswer>(new MockDomain(_ioas, (uint)MockDeviceFlags.NoDirty));
        var tracked = await _iommu.Hwpt(_made.Device, _ioas, HwptAllocFlags.DirtyTracking);
        await _iommu.Expect(Errno.EINVAL, new MockDomainReplace(noDirty.Selftest, tracked));
        await _iommu.Expect(Errno.None, new MockPasidCheck(noDirty.Selftest, 0, noDirty.Hwpt));
    }

    [Fact]
    public async Task PASID_ATTACH_attaches_one_address_space_and_answers_the_HWPT()
    {
        await AttachRidTo(_first);
        Assert.Equal(_second, await _iommu.Id(new MockPasidAttach(Selftest, Pasid, _second)));
        await _iommu.Expect(Errno.None, Check(Pasid, _second));
        await _iommu.Expect(Errno.None, Check(0, _first));
    }

    [Fact]
    public async Task PASID_ATTACH_answers_EBUSY_when_it_is_attached()
    {
        await AttachRidTo(_first);
        await _iommu.Expect(Errno.None, new MockPasidAttach(Selftest, Pasid, _first));
        foreach (var hwpt in new[] { _first, _second }) await _iommu.Expect(Errno.EBUSY, new MockPasidAttach(Selftest, Pasid, hwpt));
    }

    [Fact]
    public async Task PASID_ATTACH_answers_EINVAL_without_ALLOC_PASID_on_both_or_beyond_the_devices_PASIDs()
    {
        // The RID is on a domain of the IOAS's own making, which is not made for PASIDs.
        await _iommu.Expect(Errno.EINVAL, new MockPasidAttach(Selftest, Pasid, _first));
        await AttachRidTo(_first);
        await _iommu.Expect(Errno.EINVAL, new MockPasidAttach(Selftest, Pasid, await _iommu.Hwpt(_made.Device, _ioas)));
        await _iommu.Expect(Errno.EINVAL, new MockPasidAttach(Selftest, Pasid, _ioas));
        await _iommu.Expect(Errno.EINVAL, new MockPasidAttach(Selftest, 1 << 20, _first));
        await _iommu.Expect(Errno.None, Check(Pasid, ObjectId.None));
    }

    [Fact]
    public async Task PASID_ATTACH_answers_ENOENT_for_no_object_or_no_HWPT()
    {
        await _iommu.Expect(Errno.ENOENT, new MockPasidAttach(Missing, Pasid, _first));
        await _iommu.Expect(Errno.ENOENT, new MockPasidAttach(Selftest, Pasid, Missing));
    }

    [Fact]
    public async Task PASID_REPLACE_moves_one_address_space()
    {
        await AttachRidTo(_first);
        await _iommu.Expect(Errno.None, new MockPasidAttach(Selftest, Pasid, _first));
        Assert.Equal(_second, await _iommu.Id(new MockPasidReplace(Selftest, Pasid, _second)));
        await _iommu.Expect(Errno.None, Check(Pasid, _second));
    }

    [Fact]
    public async Task PASID_REPLACE_answers_EINVAL_when_nothing_is_attached_and_ENOENT_for_no_object()
    {
        await AttachRidTo(_first);
        await _iommu.Expect(Errno.EINVAL, new MockPasidReplace(Selftest, Pasid, _second));
        await _iommu.Expect(Errno.ENOENT, new MockPasidReplace(Missing, Pasid, _second));
        await _iommu.Expect(Errno.ENOENT, new MockPasidReplace(Selftest, Pasid, Missing));
    }

    [Fact]
    public async Task PASID_REPLACE_of_1024_answers_ENOMEM_and_the_old_HWPT_stays()
    {
        await AttachRidTo(_first);
        await _iommu.Expect(Errno.None, new MockPasidAttach(Selftest, 1024, _first));
        await _iommu.Expect(Errno.ENOMEM, new MockPasidReplace(Selftest, 1024, _second));
        await _iommu.Expect(Errno.None, Check(1024, _first));
        await _iommu.Expect(Errno.None, new MockPasidReplace(Selftest, 1024, _second));
        await _iommu.Expect(Errno.None, new MockPasidDetach(Selftest, 1024));
    }

    [Fact]
    public async Task PASID_DETACH_blocks_one_address_space_and_succeeds_when_nothing_is_attached()
    {
        await AttachRidTo(_first);
        await _iommu.Expect(Errno.None, new MockPasidAttach(Selftest, Pasid, _second));
        for (var i = 0; i < 2; i++) await _iommu.Expect(Errno.None, new MockPasidDetach(Selftest, Pasid));
        await _iommu.Expect(Errno.None, Check(Pasid, ObjectId.None));
        await _iommu.Expect(Errno.None, new Destroy(_second));
        await _iommu.Expect(Errno.ENOENT, new MockPasidDetach(Missing, Pasid));
    }

    [Fact]
    public async Task PASID_CHECK_HWPT_answers_EINVAL_for_another_HWPT_and_ENOENT_for_none()
    {
        await AttachRidTo(_first);
        await _iommu.Expect(Errno.EINVAL, Check(0, _second));
        await _iommu.Expect(Errno.EINVAL, Check(0, ObjectId.None));
        await _iommu.Expect(Errno.EINVAL, Check(Pasid, _first));
        await _iommu.Expect(Errno.EINVAL, Check(0, _ioas));
        await _iommu.Expect(Errno.ENOENT, Check(0, Missing));
        await _iommu.Expect(Errno.ENOENT, new MockPasidCheck(Missing, 0, _first));
    }

    [Fact]
    public async Task DESTROY_of_the_object_ends_every_attachment()
    {
        await AttachRidTo(_first);
        foreach (var pasid in new uint[] { 1, 5, 1024 }) await _iommu.Expect(Errno.None, new MockPasidAttach(Selftest, pasid, _second));
        await _iommu.Expect(Errno.EBUSY, new Destroy(_second));
        await _iommu.Expect(Errno.None, new Destroy(Selftest));
        foreach (var hwpt in new[] { _first, _second, _ioas }) await _iommu.Expect(Errno.None, new Destroy(hwpt));
    }

    [Fact]
    public async Task Concurrent_calls_on_one_object_are_taken_one_at_a_time()
    {
        await AttachRidTo(_first);
        var calls = Enumerable.Range(0, 40).Select(i => _iommu.Call(
            i % 2 == 0 ? new MockPasidAttach(Selftest, Pasid, _second) : new MockPasidDetach(Selftest, Pasid))).ToList();
        foreach (var answer in await Task.WhenAll(calls)) Assert.True(answer.Errno is Errno.None or Errno.EBUSY);
        await _iommu.Expect(Errno.None, new MockPasidDetach(Selftest, Pasid));
        await _iommu.Expect(Errno.None, new Destroy(Selftest));
        await _iommu.Expect(Errno.None, new Destroy(_second));
    }

    private async Task AttachRidTo(ObjectId hwpt) => await _iommu.Expect(Errno.None, new MockDomainReplace(Selftest, hwpt));

    private MockPasidCheck Check(uint pasid, ObjectId hwpt) => new(Selftest, pasid, hwpt);
}
