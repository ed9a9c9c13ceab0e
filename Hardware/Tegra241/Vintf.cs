using Iommu.Hardware.Smmuv3;
using static Iommu.Hardware.Tegra241.RegisterMap;

namespace Iommu.Hardware.Tegra241;

/// <summary>
/// A virtual interface: the queues of one owner, with the VMID and the stream ids that their commands are given. One that the
/// hypervisor does not own (HYP_OWN = 0) is a guest's, and lets three invalidations through, and CMD_SYNC.
/// </summary>
public sealed class Vintf
{
    private const uint ConfigFields = HypervisorOwned | (0xFFFFu << VmidShift) | Enable;

    private readonly Vcmdq?[] _logical;
    private readonly uint[] _match;
    private readonly uint[] _replace;
    private uint _config;

    internal Vintf(int index, CmdqvParameters parameters)
    {
        Index = index;
        _logical = new Vcmdq?[parameters.LogicalPerVintf];
        _match = new uint[parameters.SidsPerVintf];
        _replace = new uint[parameters.SidsPerVintf];
    }

    public int Index { get; }

    public bool IsEnabled => (Volatile.Read(ref _config) & Enable) != 0;

    public ushort Vmid => (ushort)(Volatile.Read(ref _config) >> VmidShift);

    /// <summary>A bit for each of its queues that has stopped and was not acknowledged: the lower and the upper 64.</summary>
    public (ulong Low, ulong High) ErrorMap
    {
        get
        {
            var (low, high) = (0UL, 0UL);
            for (var i = 0; i < _logical.Length; i++)
            {
                if (Logical(i) is not { HasError: true }) continue;
                if (i < 64) low |= 1UL << i;
                else high |= 1UL << (i - 64);
            }
            return (low, high);
        }
    }

    /// <summary>The queue that is its n-th one; null when none is.</summary>
    public Vcmdq? Logical(int index) => index < _logical.Length ? Volatile.Read(ref _logical[index]) : null;

    internal void SetLogical(int index, Vcmdq? queue) => Volatile.Write(ref _logical[index], queue);

    /// <summary>What a command that stands in one of its rings comes to; false for one that may not stand there.</summary>
    internal bool Admits(Command command, out Command effective)
    {
        effective = command;
        var config = Volatile.Read(ref _config);
        if ((config & HypervisorOwned) != 0) return true;
        // SSec: a secure stream or regime, which is not the guest's.
        if (Bits.Bit(command.Word0, 10)) return false;
        switch (command.Opcode)
        {
            case Opcode.TlbiNhAsid or Opcode.TlbiNhVa:
                effective = command with { Word0 = WithId(command.Word0, 0xFFFF, (ushort)(config >> VmidShift)) };
                return true;
            case Opcode.AtcInv:
                if (!TryReplace(command.StreamId, out var sid)) return false;
                effective = command with { Word0 = WithId(command.Word0, 0xFFFF_FFFF, sid) };
                return true;
            default:
                return false;
        }
    }

    /// <summary>Whether a CMD_SYNC may signal by a message. The address in a guest's is not translated, and so is left alone.</summary>
    internal bool SignalsByMessage => (Volatile.Read(ref _config) & HypervisorOwned) != 0;

    internal uint Read(ulong offset) => offset switch
    {
        VintfConfig => Volatile.Read(ref _config),
        VintfStatus => Volatile.Read(ref _config) & Enable,
        >= SidMatch and < SidReplace when SlotOf(offset - SidMatch) is { } slot => Volatile.Read(ref _match[slot]),
        >= SidReplace and < LogicalErrorMap when SlotOf(offset - SidReplace) is { } slot => Volatile.Read(ref _replace[slot]),
        LogicalErrorMap => (uint)ErrorMap.Low,
        LogicalErrorMap + 4 => (uint)(ErrorMap.Low >> 32),
        LogicalErrorMap + 8 => (uint)ErrorMap.High,
        LogicalErrorMap + 12 => (uint)(ErrorMap.High >> 32),
        _ => 0,
    };

    internal void Write(ulong offset, uint value)
    {
        switch (offset)
        {
            case VintfConfig:
                Configure(value & ConfigFields);
                break;
            case >= SidMatch and < SidReplace when SlotOf(offset - SidMatch) is { } slot:
                Volatile.Write(ref _match[slot], value & ((MatchSidMax << MatchSidShift) | Enable));
                break;
            case >= SidReplace and < LogicalErrorMap when SlotOf(offset - SidReplace) is { } slot:
                Volatile.Write(ref _replace[slot], value);
                break;
        }
    }

    // Disabled, none of its queues has a command under way; enabled, they may have waited for it.
    private void Configure(uint value)
    {
        Volatile.Write(ref _config, value);
        for (var i = 0; i < _logical.Length; i++)
        {
            if ((value & Enable) == 0) Logical(i)?.Settle();
            else Logical(i)?.Ring();
        }
    }

    private bool TryReplace(uint virtualSid, out uint sid)
    {
        sid = 0;
        if (virtualSid > MatchSidMax) return false;
        for (var slot = 0; slot < _match.Length; slot++)
        {
            if (Volatile.Read(ref _match[slot]) != ((virtualSid << MatchSidShift) | Enable)) continue;
            sid = Volatile.Read(ref _replace[slot]);
            return true;
        }
        return false;
    }

    private int? SlotOf(ulong offset) => offset / 4 < (ulong)_match.Length ? (int)(offset / 4) : null;

    private static ulong WithId(ulong word0, ulong mask, uint id) => (word0 & ~(mask << 32)) | ((ulong)id << 32);
}
