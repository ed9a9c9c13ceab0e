using System.Globalization;

namespace Iommu.Bridge.Outliving;

/// <summary>Which process it is, and which program it runs: the number alone may be another's later.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="StartTime">When it was started, in ticks since the machine was (proc_pid_stat(5), starttime).</param>
/// <param name="StackStart">Where the stack of its memory begins (startstack): elsewhere after exec(), nowhere when it has ended.</param>
internal readonly record struct ProcessIdentity(int Pid, ulong StartTime, ulong StackStart)
{
    private const int StartTimeField = 22;
    private const int StackStartField = 28;

    /// <summary>Null when there is no such process.</summary>
    public static ProcessIdentity? Of(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            // The second field is the program's name in brackets, which may hold anything.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new ProcessIdentity(pid, Number(StartTimeField), Number(StackStartField));

            ulong Number(int field) => ulong.Parse(fields[field - 3], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
