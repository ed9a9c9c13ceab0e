namespace Iommu.Hardware.Processes;

/// <summary>The capabilities of a process that iommufd asks for (capabilities(7)).</summary>
[Flags]
public enum ProcessCapabilities
{
    None = 0,
    /// <summary>CAP_IPC_LOCK: what it pins is not counted.</summary>
    IpcLock = 1 << 0,
    /// <summary>CAP_SYS_RESOURCE: may choose how pins are counted.</summary>
    SysResource = 1 << 1,
    /// <summary>CAP_SYS_RAWIO: may see physical addresses.</summary>
    SysRawio = 1 << 2,
    All = IpcLock | SysResource | SysRawio,
}
