namespace Iommu.TestKit.Stress;

/// <summary>What one worker has done. Written by its actor alone, read by the monitor at any time.</summary>
internal sealed class WorkerCounters
{
    private readonly Dictionary<string, long> _errors = [];
    private long _invalidations;
    private long _directInvalidations;
    private long _translations;
    private long _syncs;
    private long _controlOps;

    public long Invalidations => Volatile.Read(ref _invalidations);

    /// <summary>Those of <see cref="Invalidations"/> that went by a queue of the guest's own.</summary>
    public long DirectInvalidations => Volatile.Read(ref _directInvalidations);

    public long Translations => Volatile.Read(ref _translations);

    public long Syncs => Volatile.Read(ref _syncs);

    public long ControlOps => Volatile.Read(ref _controlOps);

    public LatencyHistogram SyncTimes { get; } = new();

    /// <summary>Answers other than success. Read it when the worker is paused.</summary>
    public IReadOnlyDictionary<string, long> Errors => _errors;

    public void AddInvalidations(long count) => Volatile.Write(ref _invalidations, _invalidations + count);

    public void AddDirectInvalidations(long count)
    {
        AddInvalidations(count);
        Volatile.Write(ref _directInvalidations, _directInvalidations + count);
    }

    public void AddTranslations(long count) => Volatile.Write(ref _translations, _translations + count);

    public void AddSync() => Volatile.Write(ref _syncs, _syncs + 1);

    public void AddControlOp() => Volatile.Write(ref _controlOps, _controlOps + 1);

    public void AddError(Messages.Errno errno) => _errors[errno.ToString()] = _errors.GetValueOrDefault(errno.ToString()) + 1;
}
