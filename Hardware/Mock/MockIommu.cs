using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Mock;

/// <summary>
/// The IOMMU of the kernel's selftest, and its devices, which come and go while the machine runs (selftest.c). It translates nothing
/// and has no queue: whatever is asked of it is done when the call, or the plan that the call returned, is.
/// </summary>
/// <param name="machine">Where its devices are plugged in.</param>
/// <param name="memory">The host's memory.</param>
/// <param name="frames">Where the pages come from that a vIOMMU offers to mmap().</param>
public sealed class MockIommu(Machine machine, PhysicalMemory memory, FrameAllocator frames) : IIommuDriver
{
    public const int PasidBits = 20;

    private const string NamePrefix = "iommufd_mock";
    private const uint TestRegister = 0xdeadbeef;

    private readonly ConcurrentDictionary<PhysicalDevice, MockDevice> _states = new();
    private readonly Lock _numbers = new();
    private readonly SortedSet<int> _taken = [];

    public string Name => "iommufd_selftest_iommu.0";

    /// <summary>Where its test calls get dma-bufs.</summary>
    public MockExporter Exporter { get; } = new(frames);

    internal PhysicalMemory Memory => memory;

    internal FrameAllocator Frames => frames;

    /// <summary>Makes a device, with the lowest number that is free, and plugs it in.</summary>
    /// <returns>EINVAL for an unknown flag.</returns>
    public Result<PhysicalDevice> Plug(MockDeviceFlags flags)
    {
        if ((flags & ~(MockDeviceFlags.NoDirty | MockDeviceFlags.Pasid)) != 0) return Errno.EINVAL;
        int number;
        lock (_numbers)
        {
            number = 0;
            while (!_taken.Add(number)) number++;
        }
        return Plug(number, flags);
    }

    /// <summary>Makes a device with the name that it had in an earlier run.</summary>
    /// <returns>EBUSY when the name is taken; EINVAL for a name that it gives no device.</returns>
    public Result<PhysicalDevice> PlugAgain(string name, MockDeviceFlags flags)
    {
        if (NumberOf(name) is not { } number) return Errno.EINVAL;
        lock (_numbers)
            if (!_taken.Add(number)) return Errno.EBUSY;
        return Plug(number, flags);
    }

    /// <summary>
    /// A device that has been unplugged, as what was allocated for it remembers it: it has no state and can be attached to nothing. Null
    /// for a name that it gives no device.
    /// </summary>
    public PhysicalDevice? Unplugged(string name) => NumberOf(name) is { } number ? new PhysicalDevice(name, (uint)number, this) : null;

    /// <summary>Takes a device out, for good: its number is free again.</summary>
    public void Unplug(PhysicalDevice device)
    {
        machine.Unplug(device);
        if (!_states.TryRemove(device, out var state)) return;
        lock (_numbers) _taken.Remove(state.Number);
    }

    /// <summary>Null when the device is none of its own, or is unplugged.</summary>
    public MockDevice? StateOf(PhysicalDevice device) => _states.GetValueOrDefault(device);

    /// <summary>struct iommu_test_hw_info: flags (0), test_reg.</summary>
    public Result<HwInfo> HwInfo(PhysicalDevice device, HwInfoType type)
    {
        if (type is not (HwInfoType.None or HwInfoType.Selftest)) return Errno.EOPNOTSUPP;
        var data = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), TestRegister);
        return new HwInfo(HwInfoType.Selftest, data);
    }

    public DeviceCapabilities Capabilities(PhysicalDevice device)
    {
        var flags = StateOf(device)?.Flags ?? MockDeviceFlags.None;
        return new DeviceCapabilities
        {
            DirtyTracking = !flags.HasFlag(MockDeviceFlags.NoDirty),
            PasidBits = flags.HasFlag(MockDeviceFlags.Pasid) ? (byte)PasidBits : (byte)0,
            GuestHasPasidTable = true,
        };
    }

    /// <summary>User data, if any, is struct iommu_hwpt_selftest: iotlb (ignored), pagetable_type.</summary>
    /// <returns>
    /// EOPNOTSUPP unknown flag, dirty tracking of a device that has none, another type of data, an unknown kind of table; EINVAL data that
    /// is too short or too long.
    /// </returns>
    public Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default)
    {
        const HwptAllocFlags known = HwptAllocFlags.DirtyTracking | HwptAllocFlags.NestParent | HwptAllocFlags.Pasid
            | HwptAllocFlags.FaultIdValid;
        if ((flags & ~known) != 0) return Errno.EOPNOTSUPP;
        var tracks = flags.HasFlag(HwptAllocFlags.DirtyTracking);
        if (tracks && !Capabilities(device).DirtyTracking) return Errno.EOPNOTSUPP;
        var format = MockTableFormat.Default;
        if (!data.IsEmpty)
        {
            var parsed = MockUserData.Hwpt(data);
            if (parsed.Failed) return parsed.Errno;
            if (MockTableFormat.Of(parsed.Value.Table) is not { } asked) return Errno.EOPNOTSUPP;
            format = asked;
        }
        return new MockPagingDomain(this, format, flags.HasFlag(HwptAllocFlags.NestParent), tracks);
    }

    public bool SupportsNested => true;

    public Result<INestedDomain> AllocNested(PhysicalDevice device, IPagingDomain parent, HwptAllocFlags flags, UserData data)
    {
        if ((flags & ~(HwptAllocFlags.Pasid | HwptAllocFlags.FaultIdValid)) != 0) return Errno.EOPNOTSUPP;
        return ReferenceEquals(parent.Iommu, this) ? MockNestedDomain.Create(this, null, data) : Errno.EINVAL;
    }

    /// <returns>
    /// EINVAL for another IOMMU's domain, or one that tracks dirty pages where the device cannot; ENOENT for a domain on a vIOMMU that
    /// does not know the device.
    /// </returns>
    public Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to)
    {
        if (StateOf(device) is not { } state || !IsOwn(to)) return Errno.EINVAL;
        if (to is MockPagingDomain { Dirty: not null } && state.Flags.HasFlag(MockDeviceFlags.NoDirty)) return Errno.EINVAL;
        MockDevice.Guest? guest = null;
        if (to is MockNestedDomain { Owner: { } viommu })
        {
            if (viommu.VirtualIdOf(device) is not { } virtualId) return Errno.ENOENT;
            guest = new MockDevice.Guest(viommu, virtualId);
        }
        return Done(() => state.Attach(to, guest));
    }

    /// <returns>EINVAL for another IOMMU's domain; ENOMEM as <see cref="MockDevice.FailingPasid"/> says.</returns>
    public Result<IEnumerable<CommandBatch>> AttachPasid(PhysicalDevice device, uint pasid, IDomain? from, IDomain? to)
    {
        if (StateOf(device) is not { } state || !IsOwn(to)) return Errno.EINVAL;
        var errno = state.TryAttachPasid(pasid, to);
        return errno != Errno.None ? errno : Done(() => state.AttachPasid(pasid, to));
    }

    public bool SupportsViommu(PhysicalDevice device, ViommuType type) => type == ViommuType.Selftest;

    public Result<IViommuDriver> AllocViommu(
        PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services)
    {
        if (!SupportsViommu(device, (ViommuType)data.Type)) return Errno.EOPNOTSUPP;
        return parent is MockPagingDomain domain && IsOwn(domain) ? MockViommu.Create(this, domain, data, services) : Errno.EINVAL;
    }

    private PhysicalDevice Plug(int number, MockDeviceFlags flags)
    {
        var device = new PhysicalDevice($"{NamePrefix}{number}", (uint)number, this);
        _states[device] = new MockDevice(number, flags);
        machine.Plug(device);
        return device;
    }

    private static int? NumberOf(string name) =>
        name.StartsWith(NamePrefix, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(NamePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private bool IsOwn(IDomain? domain) => domain is null || ReferenceEquals(domain.Iommu, this);

    private static Result<IEnumerable<CommandBatch>> Done(Action change)
    {
        return new Result<IEnumerable<CommandBatch>>(Errno.None, Apply());

        IEnumerable<CommandBatch> Apply()
        {
            change();
            yield break;
        }
    }
}
