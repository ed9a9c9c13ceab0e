using System.Collections.Immutable;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Hardware.Mock;

/// <summary>
/// The state of one mock device: a cache of four words that invalidations clear, and what each of its address spaces is attached to
/// (selftest.c, struct mock_dev). Its IOMMU changes it; any thread may read it.
/// </summary>
public sealed class MockDevice
{
    public const int CacheWords = 4;

    /// <summary>What every word of the cache holds until it is invalidated (IOMMU_TEST_DEV_CACHE_DEFAULT).</summary>
    public const uint CacheDefault = 0xbaddad;

    /// <summary>The PASID whose second attach in a row fails with ENOMEM (IOMMU_TEST_PASID_RESERVED).</summary>
    public const uint FailingPasid = 1024;

    private readonly uint[] _cache = [.. Enumerable.Repeat(CacheDefault, CacheWords)];
    private ImmutableDictionary<uint, IDomain> _attached = ImmutableDictionary<uint, IDomain>.Empty;
    private Guest? _guest;
    private bool _nextAttachFails;

    internal MockDevice(int number, MockDeviceFlags flags) => (Number, Flags) = (number, flags);

    /// <summary>The N of its name, iommufd_mockN.</summary>
    public int Number { get; }

    public MockDeviceFlags Flags { get; }

    /// <summary>The vIOMMU that it was attached through, and what its guest calls it there; null when it was attached otherwise.</summary>
    public Guest? AttachedGuest => Volatile.Read(ref _guest);

    /// <summary>What an address space is attached to; null when it is blocked.</summary>
    /// <param name="pasid">0 is the device's own.</param>
    public IDomain? Attached(uint pasid) => Volatile.Read(ref _attached).GetValueOrDefault(pasid);

    /// <summary>One word of the cache.</summary>
    /// <param name="index">Below <see cref="CacheWords"/>.</param>
    public uint Cache(int index) => Volatile.Read(ref _cache[index]);

    internal void InvalidateCache(int index) => Volatile.Write(ref _cache[index], 0);

    internal void Attach(IDomain? to, Guest? guest)
    {
        // The virtual id is the one of the first attach through a vIOMMU: the kernel looks again only when the vIOMMU is another one.
        if (!ReferenceEquals(guest?.Viommu, _guest?.Viommu)) Volatile.Write(ref _guest, guest);
        Set(0, to);
    }

    /// <summary>ENOMEM when it is <see cref="FailingPasid"/>'s turn to fail.</summary>
    internal Errno TryAttachPasid(uint pasid, IDomain? to)
    {
        if (pasid != FailingPasid || to is null || !_nextAttachFails) return Errno.None;
        _nextAttachFails = false;
        return Errno.ENOMEM;
    }

    internal void AttachPasid(uint pasid, IDomain? to)
    {
        if (pasid == FailingPasid) _nextAttachFails = to is not null;
        Set(pasid, to);
    }

    private void Set(uint pasid, IDomain? to)
    {
        var attached = _attached;
        Volatile.Write(ref _attached, to is null ? attached.Remove(pasid) : attached.SetItem(pasid, to));
    }

    /// <summary>A device as a guest knows it.</summary>
    public sealed record Guest(MockViommu Viommu, ulong VirtualId);
}
