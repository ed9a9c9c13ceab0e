using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd.Formats;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Vtd.Walk;

/// <summary>
/// The fetch of a request's configuration, resumable: root entry, context entry, PASID directory entry, PASID table entry; what is
/// cached is not fetched (section 3.4).
/// </summary>
internal sealed class ConfigFetch(RemappingCore core, DeviceContext device)
{
    private const ulong Present = 1;
    private const ulong RootReserved = 0xFFE;
    private const ulong DirectoryReserved = 0xFFC;

    private Phase _phase;
    private long _sequence;
    private ulong _address;
    private Request _request;
    private bool _forDeviceTlb;
    private ContextEntry _context = null!;
    private PasidSlot _slot = null!;

    private enum Phase { Root, Context, Directory, Pasid }

    public CachedPasid? Result { get; private set; }

    public FaultReason Reason { get; private set; }

    /// <summary>An entry on the way says that faults are not recorded (FPD).</summary>
    public bool IsSilent { get; private set; }

    public bool IsPrivileged => _request.Pasid is null ? _context.RequesterPrivileged || _request.Privileged : _request.Privileged;

    /// <param name="request">Whose.</param>
    /// <param name="forDeviceTlb">It asks for a translation to keep.</param>
    /// <param name="sequence">The invalidation clock before.</param>
    public void Begin(Request request, bool forDeviceTlb, long sequence)
    {
        (_request, _forDeviceTlb, _sequence) = (request, forDeviceTlb, sequence);
        (Result, Reason, IsSilent, _phase) = (null, FaultReason.None, false, Phase.Root);
        if (device.Context is { } cached) Use(cached.Entry);
        else if (!core.Registers.IsScalable) Reason = FaultReason.RootTableInvalid;
        else _address = (core.Registers.RootTableAddress & ~0xFFFUL) + ((ulong)(device.SourceId >> 8) & 0xFF) * 16 + HalfOffset;
    }

    /// <summary>One step; true when there is a result or a reason.</summary>
    public bool Step()
    {
        if (Reason != FaultReason.None || Result is not null) return true;
        switch (_phase)
        {
            case Phase.Root: ReadRoot(); break;
            case Phase.Context: ReadContext(); break;
            case Phase.Directory: ReadDirectory(); break;
            case Phase.Pasid: ReadPasid(); break;
        }
        return Reason != FaultReason.None || Result is not null;
    }

    // The lower half of a root entry is for functions below 0x80, the upper for the others.
    private ulong HalfOffset => (device.SourceId & 0x80) != 0 ? 8UL : 0;

    private void ReadRoot()
    {
        if (!PhysicalMemory.Contains(_address)) { Reason = FaultReason.RootAccess; return; }
        var entry = core.Memory.Read64(_address);
        if ((entry & Present) == 0) Reason = FaultReason.RootNotPresent;
        else if ((entry & (RootReserved | core.Registers.BeyondHost)) != 0) Reason = FaultReason.RootReserved;
        else (_address, _phase) = ((entry & ~0xFFFUL) + (device.SourceId & 0x7F) * ContextEntry.Bytes, Phase.Context);
    }

    private void ReadContext()
    {
        if (!PhysicalMemory.Contains(_address)) { Reason = FaultReason.ContextAccess; return; }
        Span<ulong> words = stackalloc ulong[ContextEntry.Words];
        ReadWords(words);
        IsSilent = ContextEntry.HasFaultsDisabled(words[0]);
        var (entry, reason) = ContextEntry.Decode(words, core.Registers);
        if (entry is null) { Reason = reason; return; }
        device.Keep(entry, core.Log, _sequence);
        Use(entry);
    }

    private void Use(ContextEntry context)
    {
        _context = context;
        IsSilent |= context.FaultsDisabled;
        var pasid = _request.Pasid ?? context.RequesterPasid;
        if (_forDeviceTlb && !context.DeviceTlbEnabled) Reason = FaultReason.DeviceTlbDisabled;
        else if (_request.Pasid is not null && !context.PasidEnabled) Reason = FaultReason.PasidDisabled;
        else if (pasid >> context.PasidBits != 0) Reason = FaultReason.PasidTooLarge;
        else
        {
            _slot = device.SlotOf(pasid);
            if (_slot.Cached is { } cached) Accept(cached);
            else (_address, _phase) = (context.Directory + (ulong)(pasid >> 6) * 8, Phase.Directory);
        }
    }

    private void ReadDirectory()
    {
        if (!PhysicalMemory.Contains(_address)) { Reason = FaultReason.PasidDirectoryAccess; return; }
        var entry = core.Memory.Read64(_address);
        IsSilent |= Bit(entry, 1);
        if ((entry & Present) == 0) Reason = FaultReason.PasidDirectoryNotPresent;
        else if ((entry & (DirectoryReserved | core.Registers.BeyondHost)) != 0) Reason = FaultReason.PasidDirectoryReserved;
        else (_address, _phase) = ((entry & ~0xFFFUL) + (ulong)(_slot.Pasid & 0x3F) * PasidEntry.Bytes, Phase.Pasid);
    }

    private void ReadPasid()
    {
        if (!PhysicalMemory.Contains(_address)) { Reason = FaultReason.PasidAccess; return; }
        Span<ulong> words = stackalloc ulong[PasidEntry.Words];
        ReadWords(words);
        IsSilent |= PasidEntry.FaultsDisabled(words[0]);
        var (entry, reason) = PasidEntry.Decode(words, core.Registers);
        if (entry is null) { Reason = reason; return; }
        var domain = core.DomainOf(entry.DomainId);
        var cached = new CachedPasid(entry, domain, entry.HasFirst ? domain.Of(_slot.Pasid) : domain.SecondStage, IsSilent);
        _slot.Keep(cached, core.Log, _sequence);
        Accept(cached);
    }

    private void Accept(CachedPasid cached)
    {
        IsSilent |= cached.IsSilent;
        if (_request.Needed.HasFlag(Rights.Execute) && cached.Entry.HasFirst && !cached.Entry.Execute) Reason = FaultReason.ExecuteDisabled;
        else if (IsPrivileged && cached.Entry.HasFirst && !cached.Entry.Supervisor) Reason = FaultReason.SupervisorDisabled;
        else Result = cached;
    }

    private void ReadWords(Span<ulong> words)
    {
        for (var i = 0; i < words.Length; i++) words[i] = core.Memory.Read64(_address + (ulong)i * 8);
    }
}
