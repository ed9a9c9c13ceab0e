using Iommu.Hardware;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.TestKit.Stress;

/// <summary>The DMA half of a device: chooses transactions, makes them through a port, and judges what came of each.</summary>
internal abstract class DmaEngine
{
    private IDmaPort? _inFlight;

    /// <summary>What it does when it has the bus.</summary>
    public virtual int TransactionsPerBurst => 128;

    /// <summary>Transactions at full speed, each to its end.</summary>
    public void Burst(int transactions)
    {
        for (var i = 0; i < transactions; i++)
        {
            var port = Choose(out var iova, out var access);
            Judge(port.Translate(iova, access));
        }
    }

    /// <summary>One step of one transaction, so that anything can happen before the next. True when it has ended.</summary>
    public bool Step()
    {
        if (_inFlight is null)
        {
            _inFlight = Choose(out var iova, out var access);
            _inFlight.Begin(iova, access);
        }
        if (!_inFlight.Step()) return false;
        Judge(_inFlight.Outcome);
        _inFlight = null;
        return true;
    }

    /// <summary>Ends the transaction that is in flight, if one is: synchronizations wait for it.</summary>
    public void Finish()
    {
        while (_inFlight is not null) Step();
    }

    protected abstract IDmaPort Choose(out ulong iova, out Access access);

    protected abstract void Judge(DmaOutcome outcome);
}
