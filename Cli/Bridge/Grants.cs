using System.CommandLine;
using Iommu.Hardware.Processes;

namespace Iommu.Cli.Bridge;

/// <summary>What programs may do in the simulator, whatever they may do on this machine.</summary>
internal static class Grants
{
    private static readonly Dictionary<string, ProcessCapabilities> Names = new()
    {
        ["ipc_lock"] = ProcessCapabilities.IpcLock,
        ["sys_rawio"] = ProcessCapabilities.SysRawio,
        ["sys_resource"] = ProcessCapabilities.SysResource,
    };

    public static Option<string[]> Option()
    {
        var option = new Option<string[]>("--grant")
        {
            HelpName = "CAPABILITY",
            Description = $"Treat programs as if they had it, for users who are not root; repeatable ({string.Join(", ", Names.Keys)})",
        };
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !Names.ContainsKey(token.Value)))
                result.AddError($"--grant is '{token.Value}'; it takes {string.Join(", ", Names.Keys)}.");
        });
        return option;
    }

    public static ProcessCapabilities Of(string[]? names) =>
        (names ?? []).Aggregate(ProcessCapabilities.None, (all, name) => all | Names[name]);
}
