using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.TestKit.UnderTest;

/// <summary>Memory of the process, and the way that devices have into it.</summary>
public sealed partial class MachineUnderTest
{
    private const IoasMapFlags Fixed = IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable;

    /// <summary>The memory of the process.</summary>
    public UserAddressSpace Memory => Now.Memory;

    /// <summary>Zeroed memory for the process.</summary>
    /// <param name="lengthBytes">Rounded up to whole pages of 4 KiB.</param>
    /// <returns>Where the process has it.</returns>
    public ulong Allocate(ulong lengthBytes) => Memory.Allocate(lengthBytes) is { Failed: false } memory ? memory.Value
        : throw new ExpectationException($"the machine has no 0x{lengthBytes:x} bytes of memory");

    /// <summary>What the process has there.</summary>
    public byte[] Read(ulong address, int countBytes)
    {
        var bytes = new byte[countBytes];
        return Memory.Read(address, bytes) is var errno and not Errno.None
            ? throw new ExpectationException($"the process cannot read at 0x{address:x}: {errno}") : bytes;
    }

    /// <summary>The process writes.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> bytes)
    {
        if (Memory.Write(address, bytes) is var errno and not Errno.None)
            throw new ExpectationException($"the process cannot write at 0x{address:x}: {errno}");
    }

    /// <summary>Allocates memory and maps it, for reading and writing.</summary>
    /// <param name="ioas">Where.</param>
    /// <param name="iova">At which address there.</param>
    /// <param name="lengthBytes">How much.</param>
    /// <returns>Where the process has it.</returns>
    /// <exception cref="ExpectationException">It cannot be mapped.</exception>
    public async Task<ulong> MapAsync(ObjectId ioas, ulong iova, ulong lengthBytes)
    {
        var user = Allocate(lengthBytes);
        await DoneAsync(new IoasMap(ioas, Fixed, user, lengthBytes, iova));
        return user;
    }

    /// <summary>
    /// A device's way into the IOMMU: one transaction at a time. The same each time for the same device, so that what its cache holds is
    /// there again.
    /// </summary>
    /// <param name="device">One of the machine's.</param>
    /// <param name="pasid">The address space that it asks for; 0 is its own.</param>
    public IDmaPort Port(PhysicalDevice device, uint pasid = 0)
    {
        lock (_ports)
            return _ports.TryGetValue((device, pasid), out var port) ? port : _ports[(device, pasid)] = Host.OpenPort(device, pasid);
    }

    /// <summary>Expects that a transaction of a device reaches the process's memory.</summary>
    /// <param name="device">One of the machine's.</param>
    /// <param name="iova">Where it goes.</param>
    /// <param name="address">Where the process has what it should reach.</param>
    /// <param name="access">What for.</param>
    /// <param name="pasid">The address space that it asks for; 0 is its own.</param>
    /// <exception cref="ExpectationException">It goes elsewhere, or nowhere.</exception>
    public void ExpectReaches(PhysicalDevice device, ulong iova, ulong address, Access access = Access.Read, uint pasid = 0)
    {
        var expected = Memory.Translate(address) ?? throw new ExpectationException($"the process has no memory at 0x{address:x}");
        var outcome = Port(device, pasid).Translate(iova, access);
        if (!outcome.Succeeded || outcome.Address != expected)
            throw new ExpectationException($"expected {device.Name} to reach 0x{expected:x}, which the process has at 0x{address:x}, "
                + $"at 0x{iova:x}, but it came to {outcome}");
    }

    /// <summary>Expects that a transaction of a device does not get through.</summary>
    /// <param name="device">One of the machine's.</param>
    /// <param name="iova">Where it goes.</param>
    /// <param name="access">What for.</param>
    /// <param name="pasid">The address space that it asks for; 0 is its own.</param>
    /// <exception cref="ExpectationException">It does.</exception>
    public void ExpectBlocked(PhysicalDevice device, ulong iova, Access access = Access.Read, uint pasid = 0)
    {
        var outcome = Port(device, pasid).Translate(iova, access);
        if (outcome.Succeeded)
            throw new ExpectationException($"expected {device.Name} to be blocked at 0x{iova:x}, but it came to {outcome}");
    }
}
