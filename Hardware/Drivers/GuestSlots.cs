namespace Iommu.Hardware.Drivers;

/// <summary>
/// Which vIOMMU has which of the interfaces that an IOMMU has for guests. One that the core brings back after a crash, with the hardware
/// as it was, gets the interface that it had (<see cref="IViommuServices.Identity"/>). Any thread may call it.
/// </summary>
/// <param name="first">The first interface that guests get.</param>
/// <param name="count">How many there are, those before the first included.</param>
internal sealed class GuestSlots<TOwner>(int first, int count) where TOwner : class
{
    private readonly Lock _lock = new();
    private readonly (IViommuServices? Services, TOwner? Owner)[] _slots = new (IViommuServices?, TOwner?)[count];

    /// <summary>The interface for a vIOMMU, with who had it before a crash; null when all are taken.</summary>
    public (int Slot, TOwner? Predecessor)? Take(IViommuServices services)
    {
        lock (_lock)
        {
            var identity = services.Identity;
            var kept = Array.FindIndex(_slots, slot => slot.Owner is not null && slot.Services!.Identity == identity);
            if (identity is not null && kept >= 0) return (kept, _slots[kept].Owner);
            var free = Array.FindIndex(_slots, Math.Min(first, count), slot => slot.Services is null);
            if (free < 0) return null;
            _slots[free] = (services, null);
            return (free, null);
        }
    }

    /// <summary>The vIOMMU has been made: what its interface says concerns it from now on.</summary>
    public void Give(int slot, IViommuServices services, TOwner owner)
    {
        lock (_lock) _slots[slot] = (services, owner);
    }

    public TOwner? OwnerOf(int slot)
    {
        lock (_lock) return _slots[slot].Owner;
    }

    public void Free(int slot)
    {
        lock (_lock) _slots[slot] = default;
    }
}
