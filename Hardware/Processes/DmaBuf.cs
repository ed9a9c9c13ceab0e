using Iommu.Messages;

namespace Iommu.Hardware.Processes;

/// <summary>
/// A dma-buf: one contiguous range of physical memory, a device's for instance, that its exporter can take away. Any thread may
/// call it.
/// </summary>
/// <param name="number">Its <see cref="IHeldFile.Number"/>.</param>
/// <param name="physical">Where it is, page aligned.</param>
/// <param name="lengthBytes">Whole pages.</param>
/// <param name="released">Runs when nobody holds it any more; null when nothing is to be done.</param>
public sealed class DmaBuf(ulong number, ulong physical, ulong lengthBytes, Action? released = null) : IHeldFile
{
    private readonly Lock _lock = new();
    private readonly List<IDmaBufImporter> _importers = [];
    private int _holders = 1;
    private bool _revoked;

    public ulong Number => number;

    public ulong LengthBytes => lengthBytes;

    public bool Revoked { get { lock (_lock) return _revoked; } }

    /// <summary>Imports it. The importer is told when it is taken away, until <see cref="Detach"/>.</summary>
    /// <returns>Its physical address; ENODEV while it is revoked.</returns>
    public Result<ulong> Attach(IDmaBufImporter importer)
    {
        lock (_lock)
        {
            if (_revoked) return Errno.ENODEV;
            _importers.Add(importer);
            return physical;
        }
    }

    public void Detach(IDmaBufImporter importer)
    {
        lock (_lock) _importers.Remove(importer);
    }

    /// <summary>
    /// The exporter takes it away from everybody who has imported it, and says whether it can be imported from now on. What was
    /// imported before does not come back.
    /// </summary>
    /// <param name="revoked">Whether imports are refused.</param>
    /// <param name="done">Runs when every importer has let go, on whichever thread the last one does.</param>
    public void Revoke(bool revoked, Action done)
    {
        IDmaBufImporter[] importers;
        lock (_lock)
        {
            _revoked = revoked;
            importers = [.. _importers];
        }
        var waiting = 1 + importers.Length;
        foreach (var importer in importers) importer.TakenAway(One);
        One();

        void One()
        {
            if (Interlocked.Decrement(ref waiting) == 0) done();
        }
    }

    public bool TryHold()
    {
        lock (_lock)
        {
            if (_holders == 0) return false;
            _holders++;
            return true;
        }
    }

    public void LetGo()
    {
        lock (_lock)
            if (--_holders > 0) return;
        released?.Invoke();
    }

    public void Closed() => LetGo();
}

/// <summary>Who has imported a dma-buf.</summary>
public interface IDmaBufImporter
{
    /// <summary>The buffer is taken away: no DMA reaches it any more when <paramref name="done"/> has run.</summary>
    void TakenAway(Action done);
}
