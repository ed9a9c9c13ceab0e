using Iommu.Messages;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress;

/// <summary>A vCPU of a captured guest: the invalidations that the real guest issued, in its order, over and over.</summary>
internal sealed class CaptureVcpu : VcpuWork
{
    private readonly HwptInvalidate[] _calls;
    private readonly int[] _issued = new int[Lanes];
    private int _next;

    /// <param name="guest">The captured guest.</param>
    /// <param name="viommu">Where its commands go.</param>
    /// <param name="vcpu">Which of the guest's vCPUs: each begins elsewhere in the recording.</param>
    /// <param name="vcpus">How many it has.</param>
    public CaptureVcpu(CaptureGuest guest, ObjectId viommu, int vcpu, int vcpus)
    {
        _calls = [.. guest.Invalidations.Select(array => array.ToCall(viommu))];
        _next = _calls.Length * vcpu / vcpus;
    }

    public override IReadOnlyList<ObjectId> Targets => [_calls[0].Target];

    public override HwptInvalidate Begin(int lane)
    {
        _issued[lane] = _next;
        _next = (_next + 1) % _calls.Length;
        return _calls[_issued[lane]];
    }

    public override HwptInvalidate? Continue(int lane) => null;

    public override (Errno Errno, int Handled) Expected(int lane) => (Errno.None, _calls[_issued[lane]].EntryNum);
}
