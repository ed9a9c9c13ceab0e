using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.TestKit.Guests;
using Iommu.TestKit.Stress;

namespace Iommu.TestKit.UnderTest;

/// <summary>
/// A guest with one device and tables of its own, as a real one has them on such an IOMMU, and what its VMM has made for it. Its pages lead
/// to memory of the process; each can be taken out of the tables and mapped to something else. A guest ends with
/// <see cref="MachineUnderTest.CrashAsync"/>, as its vCPUs do: its device still reaches what it did, but its tables stay as they are.
/// </summary>
public sealed class GuestUnderTest
{
    private static readonly GuestLayout Layout = new(1, 1, 8);

    private readonly MachineUnderTest _machine;
    private readonly GuestDriver _driver;
    private readonly Vmm _vmm;

    private GuestUnderTest(MachineUnderTest machine, GuestDriver driver, Vmm vmm) =>
        (_machine, _driver, _vmm) = (machine, driver, vmm);

    /// <summary>Its device.</summary>
    public PhysicalDevice Physical => _machine.Devices.Single(device => device.Name == _vmm.DeviceNames[0]);

    /// <summary>Its device in the context.</summary>
    public ObjectId Device => _vmm.Devices[0];

    /// <summary>With its memory.</summary>
    public ObjectId Ioas => _vmm.Ioas;

    /// <summary>Its second stage.</summary>
    public ObjectId NestParent => _vmm.NestParent;

    /// <summary>None where nested HWPTs are straight on the nest parent.</summary>
    public ObjectId Viommu => _vmm.Viommu;

    /// <summary>What its device is attached to.</summary>
    public ObjectId Nested => _vmm.Nested[0];

    /// <summary>What it writes for its IOMMU.</summary>
    public GuestIommu Iommu => _vmm.Iommu;

    /// <summary>The first stage of its device: tags, ids, tables.</summary>
    public GuestAddressSpace Space => _driver.Spaces[0];

    /// <summary>How many pages it has mapped, numbered from 0.</summary>
    public static int Pages => Layout.PagesPerVcpu;

    /// <summary>Where a page is for its device.</summary>
    public static ulong IovaOf(int page) => Layout.PageIova(0, page);

    /// <summary>Where the process has the memory that a page leads to when it is mapped.</summary>
    public ulong AddressOf(int page) => _driver.Ram.UserAddress + (Space.TargetOf(0, page) - _driver.Ram.Start);

    /// <summary>Takes a page out of its tables; caches have it until <see cref="InvalidateAsync"/>.</summary>
    public void Unmap(int page) => Space.UnmapPage(0, page);

    /// <summary>Maps a page to other memory. Only when it has been taken out, and that was invalidated.</summary>
    public void Remap(int page) => Space.RemapPage(0, page);

    /// <summary>
    /// Has its VMM invalidate a page, and where its device has a cache that is the guest's to invalidate, that one after the IOMMU's.
    /// </summary>
    /// <exception cref="ExpectationException">It is refused.</exception>
    public Task InvalidateAsync(int page) => InvalidateAsync(_machine.DoneAsync, page);

    /// <summary>The same, of one who calls beside others.</summary>
    /// <exception cref="ExpectationException">It is refused.</exception>
    public Task InvalidateAsync(ICaller caller, int page) => InvalidateAsync(async call =>
        MachineUnderTest.Done(call, await caller.CallAsync(call)), page);

    /// <summary>Expects that its device reaches a page, where it leads now.</summary>
    /// <exception cref="ExpectationException">It reaches something else, or nothing.</exception>
    public void ExpectMapped(int page) =>
        _machine.ExpectReaches(Physical, IovaOf(page), AddressOf(page), Access.Read, Space.Pasid);

    /// <summary>Expects that its device does not reach a page.</summary>
    /// <exception cref="ExpectationException">It does.</exception>
    public void ExpectUnmapped(int page) => _machine.ExpectBlocked(Physical, IovaOf(page), Access.Read, Space.Pasid);

    /// <summary>The call that a VMM makes for invalidations of its guest.</summary>
    /// <param name="fill">Puts them into the array, by what <see cref="Iommu"/> has for it.</param>
    public HwptInvalidate Invalidation(Action<InvalidationArray> fill)
    {
        var array = new InvalidationArray(dataType: Iommu.InvalidateDataType, entryBytes: Iommu.EntryBytes);
        fill(array);
        return array.ToCall(_vmm.InvalidationTargets[0]);
    }

    internal static async Task<GuestUnderTest> StartAsync(MachineUnderTest machine, PhysicalDevice device)
    {
        var memory = new GuestMemory(machine.Host.Memory, machine.Memory);
        var driver = new GuestDriver(memory, Layout, [device.HasAts], machine.Host.GuestIommu);
        var space = driver.Spaces[0];
        var vmm = new Vmm(machine.Context, memory,
            [new VmmDevice(device.Name, space.StreamId, space.DeviceEntry(), space.Asid, space.Pasid)], machine.Host.GuestIommu);
        await vmm.SetUpAsync();
        return new GuestUnderTest(machine, driver, vmm);
    }

    private async Task InvalidateAsync(Func<Call, Task<Answer>> make, int page)
    {
        await make(Invalidation(array => Iommu.AddPage(array, Space, IovaOf(page), withLevel: false)));
        if (Space.HasAts && Iommu.InvalidatesAtc)
            await make(Invalidation(array => Iommu.AddAtc(array, Space, IovaOf(page), 0)));
    }
}
