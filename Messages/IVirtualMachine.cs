namespace Iommu.Messages;

/// <summary>
/// A virtual machine of the host's hypervisor, as a call can name it: the typed form of a KVM file descriptor. Only the hardware's own kind
/// means anything to a driver.
/// </summary>
public interface IVirtualMachine
{
    string Name { get; }
}
