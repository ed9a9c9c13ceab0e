namespace Iommu.Hardware.Drivers;

/// <summary>A domain whose first stage is the guest's (an HWPT_NESTED): it lives on a vIOMMU, whose parent is its stage 2.</summary>
public interface INestedDomain : IDomain
{
    IViommuDriver Viommu { get; }
}
