using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Caches;

namespace Iommu.TestKit.Checkers;

/// <summary>Passes a port's hits to the checker; an entry that it passed since the last completion is not looked up again.</summary>
internal sealed class PortWitness(string port, StaleTranslation checker) : ITransactionWitness
{
    private const int MemoLog2 = 8;

    private readonly (CacheEntry? Entry, long At)[] _passed = new (CacheEntry?, long)[1 << MemoLog2];
    private long _startedAt;

    public void Started() => _startedAt = checker.Completions;

    public void Hit(CacheEntry entry)
    {
        ref var passed = ref _passed[(int)((entry.Base >> 12) ^ (ulong)entry.Kind) & ((1 << MemoLog2) - 1)];
        if (ReferenceEquals(passed.Entry, entry) && passed.At == _startedAt) return;
        checker.Check(port, entry, _startedAt);
        passed = (entry, _startedAt);
    }
}
