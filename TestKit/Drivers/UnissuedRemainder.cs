using Iommu.Hardware.Drivers;
using Iommu.Hardware.Faults;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Driver;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Drivers;

/// <summary>
/// L2 put back: of an array that is refused half way only the full batches are issued, though all entries before the refused one are
/// reported handled (arm-smmu-v3-iommufd.c, arm_vsmmu_cache_invalidate).
/// </summary>
internal sealed class UnissuedRemainder(IIommuDriver inner) : DriverDecorator(inner)
{
    public override Result<IViommuDriver> AllocViommu(
        PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services)
    {
        var viommu = base.AllocViommu(device, parent, data, services);
        return viommu.Failed ? viommu.Errno : new Viommu(this, viommu.Value!);
    }

    internal sealed class Viommu(IIommuDriver driver, IViommuDriver inner) : ViommuDecorator(driver, inner)
    {
        private const int WordsPerBatch = 64 * 2;

        public int Vmid { get; } = ((Smmuv3Viommu)inner).Vmid;

        public override PreparedInvalidation Invalidate(
            InvalidateDataType dataType, ReadOnlySpan<byte> entries, int entryLength, int entryNum)
        {
            var prepared = base.Invalidate(dataType, entries, entryLength, entryNum);
            if (prepared is not { Errno: not Errno.None, Batch: { } batch }) return prepared;
            // The last batch, full or not, ends with its CMD_SYNC: it was full if it has 64 commands.
            var full = batch.Words[..(batch.Words.Length / WordsPerBatch * WordsPerBatch)];
            return prepared with { Batch = full.IsEmpty ? null : batch with { Words = full } };
        }
    }
}
