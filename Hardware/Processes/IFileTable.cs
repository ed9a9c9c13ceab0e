using Iommu.Messages;

namespace Iommu.Hardware.Processes;

/// <summary>The file descriptors of a process, as its calls use them. Any thread may call it.</summary>
public interface IFileTable
{
    /// <summary>Descriptors of calls' files that are open, or reserved.</summary>
    int Count { get; }

    /// <summary>A descriptor for a file that was just opened. EMFILE when there is none.</summary>
    Result<int> Install(IOpenFile file);

    /// <summary>
    /// Takes a descriptor for a file that is still being made (get_unused_fd_flags): for everybody else it is not open. It is filled, or
    /// given back. EMFILE when there is none.
    /// </summary>
    Result<int> Reserve();

    /// <summary>The file that a descriptor was reserved for is there (fd_install).</summary>
    void Fill(int descriptor, IOpenFile file);

    /// <summary>The file that a descriptor was reserved for came to nothing (put_unused_fd).</summary>
    void GiveBack(int descriptor);

    /// <summary>Null when the descriptor is not open.</summary>
    IOpenFile? Find(int descriptor);

    /// <summary>The file that a journal names; null when none with this number is open.</summary>
    IHeldFile? FindNumber(ulong number);

    /// <summary>close(). EBADF.</summary>
    Errno Close(int descriptor);
}
