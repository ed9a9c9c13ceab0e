using Iommu.Actors;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Actors.Queues;

/// <summary>A machine whose hardware drains a guest's ring, that guest, and what its driver does by its registers.</summary>
internal interface IQueueRig
{
    Machine Machine { get; }

    UserProcess Process { get; }

    /// <summary>The hardware's side, of the guest that has been set up first.</summary>
    IDoorbellQueue Queue { get; }

    /// <summary>Whether the guest finds that all it has written is consumed.</summary>
    bool IsEmpty { get; }

    /// <summary>Whether the hardware has no trace of the guest.</summary>
    bool IsReset { get; }

    Task SetUp(IommufdContext context);

    /// <summary>The guest writes so many invalidations and a synchronization.</summary>
    void Issue(int invalidations);

    /// <summary>The guest writes a command that it may not, and a synchronization.</summary>
    void IssueBad();

    /// <summary>The guest replaces the command that its queue has stopped at, and has it go on.</summary>
    void Mend();
}

/// <summary>What the rigs have in common: memory of a guest, and the calls up to its vIOMMU.</summary>
internal sealed class RigMemory(PhysicalMemory physical, UserAddressSpace memory)
{
    public const ulong Ring = 0x1000;
    public const ulong RingBytes = 0x1000;

    private readonly ulong _user = memory.Allocate(0x10_0000, contiguous: true).Value;

    public ulong Physical(ulong gpa) => memory.Translate(_user)!.Value + gpa;

    public ulong Read(ulong register) => physical.Read64(register);

    public void Write(ulong address, params ulong[] words)
    {
        for (var i = 0; i < words.Length; i++) physical.Write64(address + (ulong)i * 8, words[i]);
    }

    /// <summary>A vIOMMU with the memory at address 0 and its ring given to hardware; where its registers are.</summary>
    public async Task<ulong> SetUp(IommufdContext context, string device, ViommuType viommuType, HwQueueType queueType, ulong pageBytes)
    {
        var bound = (await Ok(new DeviceBind(device))).Id;
        var ioas = (await Ok(new IoasAlloc())).Id;
        await Ok(new IoasMap(ioas, IoasMapFlags.FixedIova | IoasMapFlags.Readable | IoasMapFlags.Writeable, _user, 0x10_0000, 0));
        var parent = (await Ok(new HwptAlloc(bound, ioas, HwptAllocFlags.NestParent))).Id;
        var viommu = (ViommuAnswer)await Ok(new ViommuAlloc(bound, parent, viommuType, 0, new byte[16]));
        await Ok(new VdeviceAlloc(viommu.Viommu, bound, 5));
        await Ok(new HwQueueAlloc(viommu.Viommu, queueType, 0, Ring, RingBytes));
        return (await Ok(new Mmap(BitConverter.ToUInt64(viommu.Data.Span), pageBytes))).Value;

        async Task<Answer> Ok(Call call)
        {
            var answer = await context.CallAsync(call);
            Assert.Equal((call, Errno.None), (call, answer.Errno));
            return answer;
        }
    }
}
