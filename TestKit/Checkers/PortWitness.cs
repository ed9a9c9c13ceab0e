using System.Runtime.CompilerServices;
using Iommu.Hardware.Caches;

namespace Iommu.TestKit.Checkers;

/// <summary>Passes a port's hits to the checker; an entry that it passed since the last completion is not looked up again.</summary>
internal sealed class PortWitness<TCommand, TEntry>(string port, StaleTranslation<TCommand, TEntry> checker) : ITransactionWitness<TEntry>
    where TCommand : struct where TEntry : class
{
    private const int MemoLog2 = 8;

    private readonly (TEntry? Entry, long At)[] _passed = new (TEntry?, long)[1 << MemoLog2];
    private long _startedAt;

    public void Started() => _startedAt = checker.Completions;

    public void Hit(TEntry entry)
    {
        ref var passed = ref _passed[RuntimeHelpers.GetHashCode(entry) & ((1 << MemoLog2) - 1)];
        if (ReferenceEquals(passed.Entry, entry) && passed.At == _startedAt) return;
        checker.Check(port, entry, _startedAt);
        passed = (entry, _startedAt);
    }
}
