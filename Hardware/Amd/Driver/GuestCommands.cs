using System.Buffers.Binary;
using Iommu.Messages;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>
/// Turns a guest's commands into the host's, for arrays that were trapped and for a command buffer that hardware reads alike: domain ids
/// and device ids are replaced, and what could touch anything else, or stop the host's buffer, is refused.
/// </summary>
internal sealed class GuestCommands(ulong efr, GuestDomainIds domains, ushort ownDomain, Func<ushort, ushort?> deviceOf)
{
    public const int EntryBytes = 16;

    /// <summary>Commands between two COMPLETION_WAITs of an array.</summary>
    public const int BatchCommands = 63;

    /// <summary>Adds what a command comes to; false for one that a guest may not issue.</summary>
    public bool TryConvert(Command command, List<Command> host)
    {
        if (!CommandRules.IsLegal(command, efr)) return false;
        switch (command.Opcode)
        {
            case Opcode.InvalidateIommuPages:
                // Under an id that no domain has, nothing is cached.
                if (domains.Find(command.DomainId) is { } domain) host.Add(command.WithDomain(domain));
                return true;
            case Opcode.InvalidateIotlbPages or Opcode.CompletePprRequest:
                if (deviceOf(command.DeviceId) is not { } device) return false;
                host.Add(command.WithDevice(device));
                return true;
            case Opcode.InvalidateDevtabEntry or Opcode.InvalidateInterruptTable:
                // A guest does so for every entry of its table when it boots.
                if (deviceOf(command.DeviceId) is { } known) host.Add(command.WithDevice(known));
                return true;
            case Opcode.PrefetchIommuPages:
                return true;
            case Opcode.InvalidateIommuAll:
                host.Add(Command.AllPages(ownDomain));
                host.AddRange(domains.HostIds.Select(Command.AllPages));
                return true;
            default:
                return false;
        }
    }

    /// <summary>
    /// Converts an array until an entry is refused. Those before it are all in the result, with a COMPLETION_WAIT after them: what is
    /// counted as handled is issued.
    /// </summary>
    public ReadOnlyMemory<ulong> Convert(ReadOnlySpan<byte> entries, int length, int count, out Errno errno, out int handled)
    {
        handled = 0;
        errno = CheckTails(entries, length, count);
        if (errno != Errno.None) return default;
        var (words, commands) = (new List<ulong>(2 * count + 2), new List<Command>());
        for (var unsynced = 0; handled < count; handled++)
        {
            commands.Clear();
            if (!TryConvert(ReadEntry(entries.Slice(handled * length, length)), commands))
            {
                errno = Errno.EIO;
                break;
            }
            foreach (var command in commands)
            {
                Add(words, command);
                if (++unsynced % BatchCommands == 0) Add(words, Command.Wait());
            }
        }
        if (handled > 0) Add(words, Command.Wait());
        return words.ToArray();
    }

    private static void Add(List<ulong> words, Command command)
    {
        words.Add(command.Word0);
        words.Add(command.Word1);
    }

    // The whole array is taken over before the first entry is looked at, so that a long tail refuses all of it.
    private static Errno CheckTails(ReadOnlySpan<byte> entries, int length, int count)
    {
        if ((long)length * count > entries.Length) return Errno.EFAULT;
        for (var i = 0; length > EntryBytes && i < count; i++)
            if (entries.Slice(i * length + EntryBytes, length - EntryBytes).ContainsAnyExcept((byte)0)) return Errno.E2BIG;
        return Errno.None;
    }

    // A shorter entry is completed with zeros (copy_struct_from_user).
    private static Command ReadEntry(ReadOnlySpan<byte> entry)
    {
        Span<byte> whole = stackalloc byte[EntryBytes];
        entry[..Math.Min(entry.Length, EntryBytes)].CopyTo(whole);
        return new Command(BinaryPrimitives.ReadUInt64LittleEndian(whole), BinaryPrimitives.ReadUInt64LittleEndian(whole[8..]));
    }
}
