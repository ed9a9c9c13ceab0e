using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3;
using static Iommu.Hardware.Tegra241.RegisterMap;

namespace Iommu.Hardware.Tegra241;

/// <summary>
/// NVIDIA Tegra241's CMDQV, an extension of one SMMUv3: command queues that are handed out to virtual interfaces, with a page of
/// registers each that a guest can have to itself. Any thread may read and write its registers.
/// </summary>
public sealed class Cmdqv : IMmio
{
    private readonly Lock _allocation = new();
    private readonly uint[] _alloc;
    private readonly uint[] _interruptMask = new uint[2];
    private uint _config;
    private int _timeouts;

    /// <param name="name">Unique within the machine.</param>
    /// <param name="memory">Where the rings are.</param>
    /// <param name="smmu">What carries the commands out.</param>
    /// <param name="parameters">What it has.</param>
    public Cmdqv(string name, PhysicalMemory memory, Smmu smmu, CmdqvParameters parameters)
    {
        Parameters = parameters;
        Vcmdqs = [.. Enumerable.Range(0, parameters.Vcmdqs).Select(i => new Vcmdq($"{name}.vcmdq{i}", this, memory, smmu))];
        Vintfs = [.. Enumerable.Range(0, parameters.Vintfs).Select(i => new Vintf(i, parameters))];
        _alloc = new uint[parameters.Vcmdqs];
        smmu.CommandQueue.Synchronized = FlushTimeouts;
    }

    public CmdqvParameters Parameters { get; }

    public IReadOnlyList<Vcmdq> Vcmdqs { get; }

    public IReadOnlyList<Vintf> Vintfs { get; }

    public bool IsEnabled => (Volatile.Read(ref _config) & Enable) != 0;

    /// <summary>Its one interrupt, edge triggered: a queue has stopped. Called on the thread that steps the queue.</summary>
    public Action? Interrupt { get; set; }

    /// <summary>Which devices do not answer an ATC_INV, by stream id; all do when null.</summary>
    public Func<uint, bool>? AtcTimesOut { get; set; }

    public uint Read(ulong offset)
    {
        if (offset >= VintfPages) return ReadLogical(offset - VintfPages);
        if (offset >= VcmdqPage0) return QueueAt(offset, out var page1, out var register) is not { } queue ? 0
            : page1 ? queue.ReadPage1(register) : queue.ReadPage0(register);
        if (offset >= VintfRegisters) return VintfAt(offset)?.Read(offset % VintfBytes) ?? 0;
        return offset switch
        {
            Config => Volatile.Read(ref _config),
            Param => Parameters.Register,
            Status => Volatile.Read(ref _config) & Enable,
            VintfErrorMap => (uint)VintfErrors(),
            VintfErrorMap + 4 => (uint)(VintfErrors() >> 32),
            VintfInterruptMask => Volatile.Read(ref _interruptMask[0]),
            VintfInterruptMask + 4 => Volatile.Read(ref _interruptMask[1]),
            >= VcmdqErrorMap and < VcmdqErrorMap + 16 => QueueErrors((int)(offset - VcmdqErrorMap) / 4),
            >= VcmdqAlloc and < VintfRegisters when (offset - VcmdqAlloc) / 4 is var index && index < (ulong)_alloc.Length =>
                Volatile.Read(ref _alloc[index]),
            _ => 0,
        };
    }

    public void Write(ulong offset, uint value)
    {
        if (offset >= VintfPages) WriteLogical(offset - VintfPages, value);
        else if (offset >= VcmdqPage0)
        {
            if (QueueAt(offset, out var page1, out var register) is not { } queue) return;
            if (page1) queue.WritePage1(register, value);
            else queue.WritePage0(register, value);
        }
        else if (offset >= VintfRegisters) VintfAt(offset)?.Write(offset % VintfBytes, value);
        else if (offset == Config) Configure(value & Enable);
        else if (offset is VintfInterruptMask or VintfInterruptMask + 4)
            Volatile.Write(ref _interruptMask[(offset - VintfInterruptMask) / 4], value);
        else if (offset >= VcmdqAlloc && (offset - VcmdqAlloc) / 4 is var index && index < (ulong)_alloc.Length)
            Allocate((int)index, value & AllocFields);
    }

    /// <summary>A queue of an interface has stopped.</summary>
    internal void Raise(Vintf vintf)
    {
        if ((Volatile.Read(ref _interruptMask[vintf.Index / 32]) >> (vintf.Index % 32) & 1) == 0) Interrupt?.Invoke();
    }

    private void Configure(uint value)
    {
        Volatile.Write(ref _config, value);
        foreach (var queue in Vcmdqs)
        {
            if (value == 0) queue.Settle();
            else queue.Ring();
        }
    }

    // The hardware takes logical queues of an interface in ascending order and gives them up in descending; else nothing changes.
    private void Allocate(int index, uint value)
    {
        lock (_allocation)
        {
            var (was, wants) = ((_alloc[index] & Allocated) != 0, (value & Allocated) != 0);
            if (!was)
            {
                var vintf = (int)((value & AllocVintfMask) >> AllocVintfShift);
                var logical = (int)((value & AllocLogicalMask) >> AllocLogicalShift);
                var fits = vintf < Vintfs.Count && logical < Parameters.LogicalPerVintf && Vintfs[vintf].Logical(logical) is null
                    && (logical == 0 || Vintfs[vintf].Logical(logical - 1) is not null);
                Volatile.Write(ref _alloc[index], fits ? value : value & ~Allocated);
                if (!fits || !wants) return;
                Vintfs[vintf].SetLogical(logical, Vcmdqs[index]);
                Vcmdqs[index].Allocate(Vintfs[vintf]);
            }
            else if (!wants)
            {
                var owner = Vintfs[(int)((_alloc[index] & AllocVintfMask) >> AllocVintfShift)];
                var logical = (int)((_alloc[index] & AllocLogicalMask) >> AllocLogicalShift);
                if (owner.Logical(logical + 1) is not null) return;
                owner.SetLogical(logical, null);
                Vcmdqs[index].Allocate(null);
                Volatile.Write(ref _alloc[index], value);
            }
        }
    }

    private uint ReadLogical(ulong offset)
    {
        var queue = LogicalAt(offset, out var page1, out var register);
        return queue is null ? 0 : page1 ? queue.ReadPage1(register) : queue.ReadPage0(register);
    }

    private void WriteLogical(ulong offset, uint value)
    {
        var queue = LogicalAt(offset, out var page1, out var register);
        if (page1) queue?.WritePage1(register, value);
        else queue?.WritePage0(register, value);
    }

    private Vcmdq? LogicalAt(ulong offset, out bool page1, out ulong register)
    {
        var vintf = offset / (2 * PageBytes);
        page1 = offset / PageBytes % 2 == 1;
        register = offset % VcmdqBytes;
        return vintf < (ulong)Vintfs.Count ? Vintfs[(int)vintf].Logical((int)(offset % PageBytes / VcmdqBytes)) : null;
    }

    private Vcmdq? QueueAt(ulong offset, out bool page1, out ulong register)
    {
        page1 = offset >= VcmdqPage1;
        register = offset % VcmdqBytes;
        var index = offset % PageBytes / VcmdqBytes;
        return index < (ulong)Vcmdqs.Count ? Vcmdqs[(int)index] : null;
    }

    private Vintf? VintfAt(ulong offset)
    {
        var index = (offset - VintfRegisters) / VintfBytes;
        return index < (ulong)Vintfs.Count ? Vintfs[(int)index] : null;
    }

    private ulong VintfErrors()
    {
        var map = 0UL;
        foreach (var vintf in Vintfs)
            if (vintf.ErrorMap != (0, 0)) map |= 1UL << vintf.Index;
        return map;
    }

    private uint QueueErrors(int word)
    {
        var map = 0u;
        for (var i = 0; i < 32 && word * 32 + i < Vcmdqs.Count; i++)
            if (Vcmdqs[word * 32 + i].HasError) map |= 1u << i;
        return map;
    }

    /// <summary>A queue has an ATC_INV that was not answered, or has it no more.</summary>
    internal void CountTimeout(int change) => Interlocked.Add(ref _timeouts, change);

    private void FlushTimeouts()
    {
        if (Volatile.Read(ref _timeouts) == 0) return;
        foreach (var queue in Vcmdqs) queue.FlushTimeout();
    }
}
