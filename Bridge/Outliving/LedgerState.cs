using System.Globalization;
using System.Text;
using Iommu.Actors;
using Iommu.Bridge.Native;
using Iommu.Messages;

namespace Iommu.Bridge.Outliving;

/// <summary>
/// What the lines of a <see cref="FileLedger"/> fold to. <c>files 1 BOOT LAST</c> is the first line; then come
/// <c>process NUMBER PID START STACK USER</c>, <c>context NAME NODE PROCESS</c> and
/// <c>socket COOKIE INODE CONTEXT KIND OBJECT PROGRAM</c>; <c>-process NUMBER</c> and the like end them.
/// </summary>
internal sealed class LedgerState
{
    private const string Head = "files 1";

    private static readonly string Boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    public Dictionary<ulong, LedgerProcess> Processes { get; } = [];

    public Dictionary<string, LedgerContext> Contexts { get; } = [];

    public Dictionary<ulong, LedgerSocket> Sockets { get; } = [];

    public ulong LastProcess { get; private set; }

    public int Count => Processes.Count + Contexts.Count + Sockets.Count;

    /// <summary>The state that lines tell of; an empty one when they are of another start of this machine.</summary>
    public static LedgerState Read(string text)
    {
        var state = new LedgerState();
        // The last piece is empty, or a line that was cut off.
        var lines = text.Split('\n')[..^1];
        if (lines.Length == 0 || !lines[0].StartsWith($"{Head} {Boot} ", StringComparison.Ordinal)) return state;
        state.LastProcess = Number(lines[0].Split(' ')[^1]);
        foreach (var line in lines[1..]) state.Apply(line);
        return state;
    }

    public static string LineOf(LedgerProcess process) =>
        Line($"process {process.Number} {process.Identity.Pid} {process.Identity.StartTime} {process.Identity.StackStart} {process.User}");

    public static string LineOf(LedgerContext context) => Line($"context {context.Name} {(int)context.Node} {context.Process}");

    public static string LineOf(LedgerSocket entry) => Line(
        $"socket {entry.Socket.Cookie} {entry.Socket.Inode} {entry.Context} {(int)entry.Kind} {entry.Object.Value} {entry.Program}");

    public static string EndOfProcess(ulong number) => Line($"-process {number}");

    public static string EndOfContext(string name) => $"-context {name}";

    public static string EndOfSocket(ulong cookie) => Line($"-socket {cookie}");

    /// <summary>False when it changes nothing.</summary>
    public bool Apply(string line)
    {
        var words = line.Split(' ');
        switch (words)
        {
            case ["process", var number, var pid, var start, var stack, var user]:
                LastProcess = Math.Max(LastProcess, Number(number));
                Processes[Number(number)] = new LedgerProcess(
                    Number(number), new ProcessIdentity((int)Number(pid), Number(start), Number(stack)), (uint)Number(user));
                return true;
            case ["context", var name, var node, var process]:
                Contexts[name] = new LedgerContext(name, (DeviceNode)Number(node), Number(process));
                return true;
            case ["socket", var cookie, var inode, var context, var kind, var id, var program]:
                Sockets[Number(cookie)] = new LedgerSocket(new SocketIdentity(Number(cookie), Number(inode)),
                    context, (FileKind)Number(kind), new ObjectId((uint)Number(id)), (uint)Number(program));
                return true;
            case ["-process", var number]:
                return Processes.Remove(Number(number));
            case ["-context", var name]:
                return Contexts.Remove(name);
            case ["-socket", var cookie]:
                return Sockets.Remove(Number(cookie));
            default:
                throw new BridgeException($"'{line}' is no line of a ledger of files");
        }
    }

    /// <summary>The lines that this state is read from.</summary>
    public string Write()
    {
        var text = new StringBuilder(Line($"{Head} {Boot} {LastProcess}\n"));
        foreach (var process in Processes.Values) text.Append(LineOf(process)).Append('\n');
        foreach (var context in Contexts.Values) text.Append(LineOf(context)).Append('\n');
        foreach (var socket in Sockets.Values) text.Append(LineOf(socket)).Append('\n');
        return text.ToString();
    }

    private static string Line(FormattableString line) => FormattableString.Invariant(line);

    private static ulong Number(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);
}
