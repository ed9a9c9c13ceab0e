using Iommu.Actors.Uapi;
using Iommu.Bridge.Native;
using Iommu.Hardware.Processes;

namespace Iommu.Bridge.Files;

/// <summary>Makes what a program can hold of a file that a call of its has opened.</summary>
internal interface IFileGiver
{
    /// <returns>The program's end. When every copy of it is closed, the file is.</returns>
    Descriptor Give(IOpenFile file, IommufdFile context, uint program);
}
