using System.Diagnostics.CodeAnalysis;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Actors.Hardware;

/// <summary>
/// What a context has of the hardware: what drivers have made for it and it has not freed, where its devices are attached, and the moves
/// and frees that are under way. When the context fails its next incarnation gives all of it back, before it builds anything. Any
/// actor of the context may call it.
/// </summary>
internal sealed class HardwareHoldings
{
    private readonly Lock _lock = new();
    private readonly Dictionary<object, Holding> _held = [];
    private readonly Dictionary<(PhysicalDevice Device, uint Pasid), IDomain> _attached = [];
    private readonly HashSet<IEnumerator<CommandBatch>> _underWay = [];
    private long _lastOrder;

    public Result<TDomain> Take<TDomain>(Result<TDomain> made) where TDomain : class, IDomain
    {
        if (!made.Failed) Hold(made.Value!, made.Value!.Free, null);
        return made;
    }

    public Result<IViommuDriver> Take(Result<IViommuDriver> made, IViommuServices services)
    {
        if (!made.Failed) Hold(made.Value!, made.Value!.Free, new Guest(made.Value!, services));
        return made;
    }

    public Result<IHwQueueDriver> Take(Result<IHwQueueDriver> made, IViommuDriver viommu)
    {
        if (!made.Failed) Hold(made.Value!, made.Value!.Free, GuestOf(viommu));
        return made;
    }

    /// <summary>Has a vIOMMU's driver accept a device (<see cref="IViommuDriver.AddVdevice"/>).</summary>
    public Errno AddVdevice(IViommuDriver viommu, PhysicalDevice device, ulong virtualId)
    {
        var errno = viommu.AddVdevice(device, virtualId);
        if (errno == Errno.None) Hold((viommu, virtualId), () => Remove(viommu, virtualId), GuestOf(viommu));
        return errno;
    }

    public void RemoveVdevice(IViommuDriver viommu, ulong virtualId)
    {
        LetGo((viommu, virtualId));
        viommu.RemoveVdevice(virtualId);
    }

    /// <summary>The plan that frees what was taken. From its first step on it is what is left to be finished.</summary>
    public IEnumerable<CommandBatch> Free(object held) => Tracked(() => LetGo(held)!.Free());

    /// <summary>
    /// Asks a device's driver to move it (<see cref="IIommuDriver.Attach"/>, <see cref="IIommuDriver.AttachPasid"/>); null is blocked. From
    /// the first step of the plan on the device counts as being there.
    /// </summary>
    public Result<IEnumerable<CommandBatch>> Move(PhysicalDevice device, uint pasid, IDomain? from, IDomain? to)
    {
        var plan = pasid == 0 ? device.Iommu.Attach(device, from, to) : device.Iommu.AttachPasid(device, pasid, from, to);
        return plan.Failed ? plan : new Result<IEnumerable<CommandBatch>>(Errno.None, Tracked(() =>
        {
            lock (_lock)
            {
                if (to is null) _attached.Remove((device, pasid));
                else _attached[(device, pasid)] = to;
            }
            return plan.Value!;
        }));
    }

    /// <summary>
    /// Gives all of it back: plans that were cut off are finished, devices are blocked, and what was made goes in reverse. No actor of the
    /// context is there any more. One that is cut off itself can be begun again. Interfaces that guests command themselves go on as they
    /// are (<see cref="IViommuDriver.HasInterface"/>): the next incarnation takes them over.
    /// </summary>
    /// <exception cref="InvalidOperationException">A driver refuses to block a device.</exception>
    public IEnumerable<CommandBatch> Clear()
    {
        List<IEnumerator<CommandBatch>> cutOff;
        lock (_lock) cutOff = [.. _underWay];
        foreach (var batch in cutOff.SelectMany(Finish)) yield return batch;
        while (LastAttached() is var (device, pasid, from))
            foreach (var batch in Block(device, pasid, from)) yield return batch;
        while (TryNewest(static holding => holding.Guest is not { Viommu.HasInterface: true }, out var held))
            foreach (var batch in Free(held)) yield return batch;
    }

    /// <summary>Gives back the interfaces that the next incarnation has not taken over: their guests were never acknowledged.</summary>
    public IEnumerable<CommandBatch> ClearUnclaimed(HardwareHoldings next)
    {
        var claimed = next.Identities();
        lock (_lock)
            foreach (var (taken, _) in _held.Where(each => claimed.Contains(each.Value.Guest!.Services.Identity)).ToList())
                _held.Remove(taken);
        while (TryNewest(static _ => true, out var held))
            foreach (var batch in Free(held)) yield return batch;
    }

    private void Hold(object what, Func<IEnumerable<CommandBatch>> free, Guest? guest)
    {
        lock (_lock) _held.Add(what, new Holding(++_lastOrder, free, guest));
    }

    private Guest? GuestOf(IViommuDriver viommu)
    {
        lock (_lock) return _held[viommu].Guest;
    }

    private HashSet<string?> Identities()
    {
        lock (_lock) return [.. _held.Values.Select(holding => holding.Guest?.Services.Identity).Where(identity => identity is not null)];
    }

    private Holding? LetGo(object what)
    {
        lock (_lock) return _held.Remove(what, out var holding) ? holding : null;
    }

    private IEnumerable<CommandBatch> Tracked(Func<IEnumerable<CommandBatch>> begin)
    {
        var steps = begin().GetEnumerator();
        lock (_lock) _underWay.Add(steps);
        while (steps.MoveNext()) yield return steps.Current;
        lock (_lock) _underWay.Remove(steps);
    }

    // Nobody was told of the end of the batch that it waited for: that one again, which does no harm.
    private IEnumerable<CommandBatch> Finish(IEnumerator<CommandBatch> steps)
    {
        if (steps.Current is { } sent) yield return sent;
        while (steps.MoveNext()) yield return steps.Current;
        lock (_lock) _underWay.Remove(steps);
    }

    private IEnumerable<CommandBatch> Block(PhysicalDevice device, uint pasid, IDomain from)
    {
        var plan = Move(device, pasid, from, null);
        return !plan.Failed ? plan.Value!
            : throw new InvalidOperationException($"device {device.Name} cannot be blocked at PASID {pasid}: {plan.Errno}");
    }

    // A device's own address space last, as in an unbind.
    private (PhysicalDevice Device, uint Pasid, IDomain From)? LastAttached()
    {
        lock (_lock)
        {
            if (_attached.Count == 0) return null;
            var ((device, pasid), domain) = _attached.MaxBy(each => each.Key.Pasid);
            return (device, pasid, domain);
        }
    }

    private bool TryNewest(Func<Holding, bool> which, [NotNullWhen(true)] out object? held)
    {
        lock (_lock) held = _held.Where(each => which(each.Value)).OrderByDescending(each => each.Value.Order).FirstOrDefault().Key;
        return held is not null;
    }

    private static IEnumerable<CommandBatch> Remove(IViommuDriver viommu, ulong virtualId)
    {
        viommu.RemoveVdevice(virtualId);
        return Plan.Nothing;
    }

    private sealed record Guest(IViommuDriver Viommu, IViommuServices Services);

    private sealed record Holding(long Order, Func<IEnumerable<CommandBatch>> Free, Guest? Guest);
}
