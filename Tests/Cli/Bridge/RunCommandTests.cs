using Iommu.Cli;
using Iommu.Tests.Bridge;

namespace Iommu.Tests.Cli.Bridge;

/// <summary><c>iommu run</c> and what <c>iommu serve</c> refuses.</summary>
[Collection(nameof(BridgeHarness))]
public class RunCommandTests
{
    [BridgeFact]
    public async Task The_program_has_the_devices_and_its_status_is_the_commands()
    {
        var opens = await CommandRun.OfAsync("run", "--", "/bin/sh", "-c", "exec 3<>/dev/iommu 4<>/dev/vfio/vfio && exit 7");
        Assert.Equal(new CommandRun(7, "", ""), opens);
        Assert.Equal(ExitCode.Held, (await CommandRun.OfAsync("run", "/bin/true")).Exit);
        Assert.Equal(128 + 9, (await CommandRun.OfAsync("run", "--", "/bin/sh", "-c", "kill -9 $$")).Exit);
    }

    [BridgeFact]
    public async Task The_program_and_its_arguments_are_passed_on_as_they_are()
    {
        const string check = "test \"$1\" = --grant && test \"$2\" = 'a b'";
        var run = await CommandRun.OfAsync("run", "--", "/bin/sh", "-c", check, "sh", "--grant", "a b");
        Assert.Equal(new CommandRun(0, "", ""), run);
    }

    [BridgeFact]
    public async Task A_program_that_is_not_there_is_refused()
    {
        (await CommandRun.OfAsync("run", "--", "/no/such/program")).AssertRefused("/no/such/program", "cannot be started");
        (await CommandRun.OfAsync("run")).AssertRefused("run --help");
    }

    [BridgeFact]
    public async Task A_capability_that_is_none_is_refused()
    {
        var run = await CommandRun.OfAsync("run", "--grant", "everything", "--", "/bin/true");
        run.AssertRefused("--grant is 'everything'", "sys_resource");
        (await CommandRun.OfAsync("serve", "--grant", "all", "--socket", "/tmp/x/y")).AssertRefused("--grant is 'all'");
    }

    [BridgeFact]
    public async Task A_socket_in_a_folder_of_everybodys_is_refused()
    {
        (await CommandRun.OfAsync("serve", "--socket", "/tmp/socket")).AssertRefused("/tmp", "yours alone");
        (await CommandRun.OfAsync("serve")).AssertRefused("--socket");
    }

    [BridgeFact]
    public async Task Serve_ends_when_it_is_cancelled_and_leaves_nothing()
    {
        using var folder = new TempFolder();
        var (output, error) = (new Announcement(), new StringWriter());
        using var cancel = new CancellationTokenSource();
        var socket = folder["own/socket"];
        var serving = IommuCommand.RunAsync(["serve", "--socket", socket], Terminal.Plain(output, error), cancel.Token);
        await output.Announced;
        using (var program = await ConformanceProgram.StartAsync(socket, "threads_call")) await program.AssertHoldsAsync();
        await cancel.CancelAsync();
        Assert.Equal(ExitCode.Held, await serving);
        Assert.Contains($"IOMMU_SOCKET={socket} LD_PRELOAD=", output.ToString());
        Assert.Equal("", error.ToString());
        Assert.False(Directory.Exists(Path.GetDirectoryName(socket)));
    }

    /// <summary>What serve prints when programs can be started.</summary>
    private sealed class Announcement : StringWriter
    {
        private readonly TaskCompletionSource _announced = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Announced => _announced.Task;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.Contains("PROGRAM") == true) _announced.TrySetResult();
        }
    }
}
