using Iommu.Hardware.Smmuv3;

namespace Iommu.TestKit.Guests;

/// <summary>
/// The command queue of a guest's virtual SMMUv3: the ring is in the guest's memory, its registers are its VMM's. The guest writes
/// commands and moves PROD, each of which traps; CONS and GERROR are what the VMM lets it see.
/// </summary>
/// <param name="memory">The guest's.</param>
/// <param name="start">Where the ring is: an IPA, aligned to its size.</param>
/// <param name="sizeLog2">Log2 of the commands that it holds.</param>
public sealed class GuestCommandRing(GuestMemory memory, ulong start, int sizeLog2)
{
    private const int ErrorShift = 24;

    public uint Producer { get; private set; }

    /// <summary>CONS, with the reason of an error above the index.</summary>
    public uint Consumer { get; private set; }

    public uint Gerror { get; private set; }

    public uint Gerrorn { get; private set; }

    /// <summary>Whether it has stopped on a command that the guest has not yet dealt with.</summary>
    public bool IsStopped => ((Gerror ^ Gerrorn) & 1) != 0;

    public bool IsEmpty => Producer == Index(Consumer);

    private uint Mask => (2u << sizeLog2) - 1;

    /// <summary>The guest's driver adds a command; false when the ring is full.</summary>
    public bool TryWrite(Command command)
    {
        if (((Producer - Index(Consumer)) & Mask) == 1u << sizeLog2) return false;
        Write(Producer, command);
        Producer = (Producer + 1) & Mask;
        return true;
    }

    /// <summary>The guest's driver replaces the command that was refused and acknowledges the error.</summary>
    public void Recover(Command instead)
    {
        Write(Index(Consumer), instead);
        Consumer = Index(Consumer);
        Gerrorn = Gerror;
    }

    /// <summary>The command at CONS, as it is in the guest's memory now.</summary>
    internal Command Peek(uint ahead)
    {
        var address = AddressOf(Index(Consumer) + ahead);
        return new Command(memory.Read64(address), memory.Read64(address + 8));
    }

    internal uint Waiting => (Producer - Index(Consumer)) & Mask;

    internal void Consume(uint count) => Consumer = (Index(Consumer) + count) & Mask;

    internal void Stop(uint reason)
    {
        Consumer = Index(Consumer) | (reason << ErrorShift);
        Gerror ^= 1;
    }

    private uint Index(uint register) => register & Mask;

    private ulong AddressOf(uint index) => start + ((ulong)(index & (Mask >> 1)) << 4);

    private void Write(uint index, Command command)
    {
        memory.Write64(AddressOf(index), command.Word0);
        memory.Write64(AddressOf(index) + 8, command.Word1);
    }
}
