using Iommu.Actors.Core.Ioas;
using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Mock;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors.Core.Ioas;

/// <summary>An io_pagetable with a process, files and the mock's domains, without actors, and short names for what tests do.</summary>
internal sealed class Pagetables
{
    public const ulong Iova = 1UL << 24;
    public const ulong Page = 4096;

    private readonly PhysicalDevice _device;

    public Pagetables()
    {
        _device = Machine.Iommu.Plug(MockDeviceFlags.None).Value!;
        Memory = Machine.CreateAddressSpace();
        Process = NewProcess();
    }

    public MockMachine Machine { get; } = new();

    public UserAddressSpace Memory { get; }

    public UserProcess Process { get; }

    public ContextPages Pages { get; } = new();

    public IoPagetable Ioas { get; } = new();

    /// <summary>A process of a user of its own that must not lock more than its limit.</summary>
    public UserProcess NewProcess(UserAccount? user = null) =>
        new(Memory) { Capabilities = ProcessCapabilities.None, User = user ?? new UserAccount() };

    public IPagingDomain NewDomain() => Machine.Iommu.AllocPaging(_device, HwptAllocFlags.None).Value!;

    public IPagingDomain AddDomain(IoPagetable? ioas = null)
    {
        var domain = NewDomain();
        Assert.Equal(Errno.None, (ioas ?? Ioas).AddDomain(domain));
        return domain;
    }

    public MemoryFile NewFile(ulong pages, ulong number = 1)
    {
        var file = MemoryFile.Create(number, Machine.Memory, Machine.Frames, pages * Page).Value!;
        Assert.Equal(Errno.None, Process.Files.Install(file).Errno);
        return file;
    }

    /// <summary>Pages of new memory of the process.</summary>
    public PinnedPages NewPages(ulong pages = 4, bool writable = true, UserProcess? process = null) =>
        Pages.OfMemory(process ?? Process, Memory.Allocate(pages * Page).Value, pages * Page, writable).Value!;

    public IoArea Map(PinnedPages? pages = null, ulong iova = Iova, Access access = Access.ReadWrite, IoPagetable? ioas = null)
    {
        var mapping = (ioas ?? Ioas).Map([PagesSlice.All(pages ?? NewPages())], iova, access);
        Assert.Equal(Errno.None, mapping.Errno);
        return Assert.Single(mapping.Areas);
    }

    /// <summary>Maps elsewhere what is mapped here; the errno.</summary>
    public Errno Copy(ulong from, ulong length, IoPagetable to, ulong iova, Access access = Access.Read) =>
        to.Map(Ioas.GetPages(from, length).Value!, iova, access).Errno;

    /// <summary>An unmap to its end; what an access pins is not let go.</summary>
    public (Errno Errno, ulong Bytes) Unmap(ulong iova = 0, ulong length = ulong.MaxValue, IoPagetable? ioas = null)
    {
        var operation = (ioas ?? Ioas).Unmap(IoPagetable.UnmapRange(iova, length).Value);
        while (true)
        {
            var step = operation.Next();
            if (step.TearDown is { } torn) (ioas ?? Ioas).Finish(torn);
            else if (step.Asked is null) return (step.Errno, operation.UnmappedBytes);
        }
    }
}
