using System.Runtime.InteropServices;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using RiscvIommu.Formats;

namespace RiscvIommu.Driver;

/// <summary>A guest's first stage on the second stage of its vIOMMU: its device context, as far as that is the guest's to say.</summary>
public sealed class RiscvNestedDomain : INestedDomain
{
    private const int DataBytes = 24;
    private const ulong GuestControl = DeviceContext.Valid | DeviceContext.FaultsDisabled | DeviceContext.FirstUpdates;

    private readonly RiscvViommu _viommu;
    private readonly DeviceContext _guest;

    private RiscvNestedDomain(RiscvViommu viommu, DeviceContext guest) => (_viommu, _guest) = (viommu, guest);

    public IIommuDriver Iommu => _viommu.Iommu;

    public IViommuDriver Viommu => _viommu;

    internal RiscvViommu Owner => _viommu;

    /// <summary>What the IOMMU gets for a device: the guest's first stage, the host's second.</summary>
    internal DeviceContext Context => _guest with
    {
        Tc = _guest.Tc | (_viommu.ParentDomain.TracksDirty ? DeviceContext.SecondUpdates : 0),
        Iohgatp = DeviceContext.Second(_viommu.Gscid, _viommu.ParentDomain.Table.Root),
    };

    public IEnumerable<CommandBatch> Free()
    {
        var driver = (RiscvDriver)Iommu;
        yield return driver.Writer().Add(Command.Vma().OfGscid(_viommu.Gscid).OfPscid(_guest.Pscid)).Close();
    }

    /// <returns>EINVAL another type or length; EFAULT; EIO a context that could not be, or asks for what the guest has not.</returns>
    internal static Result<INestedDomain> Create(RiscvViommu viommu, UserData data, Registers registers)
    {
        var copied = data.Copy((uint)RiscvTypes.Hwpt, DataBytes, DataBytes);
        if (copied.Failed) return copied.Errno;
        var words = MemoryMarshal.Cast<byte, ulong>(copied.Value);
        var guest = new DeviceContext(words[0], DeviceContext.Second(0, 0), words[1], words[2]);
        var isValid = (guest.Tc & ~GuestControl) == 0 && guest.IsConfigured(registers);
        return isValid ? new RiscvNestedDomain(viommu, guest) : Errno.EIO;
    }
}
