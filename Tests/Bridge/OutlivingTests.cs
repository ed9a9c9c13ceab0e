using Iommu.Bridge.Programs;
using Iommu.Bridge.Protocol;
using Iommu.Messages;

namespace Iommu.Tests.Bridge;

/// <summary>The simulator is killed and started again on the same journal and socket, and the programs that wait for it go on.</summary>
[Collection(nameof(BridgeHarness))]
public class OutlivingTests
{
    private const int ReconnectSeconds = 60;

    [BridgeTheory]
    [InlineData("outlives", 2)]
    [InlineData("outlives_events", 2)]
    [InlineData("outlives_fork", 1)]
    [InlineData("outlives_opener", 1)]
    [InlineData("outlives_files", 1)]
    [InlineData("outlives_passing", 1)]
    [InlineData("outlives_exec", 1)]
    public async Task A_program_goes_on_with_the_same_ids_after_the_simulator_was_killed(string scenario, int kills)
    {
        await using var serve = await ServeProcess.RunAsync();
        using var program = await ConformanceProgram.StartAsync(serve.Socket, ReconnectSeconds, scenario);
        await KillAsync(serve, program, kills);
        await EndAsync(serve, program);
    }

    [BridgeFact]
    public async Task Calls_of_threads_that_a_kill_cuts_off_are_EIO_and_done_once_or_not_at_all()
    {
        await using var serve = await ServeProcess.RunAsync();
        using var program = await ConformanceProgram.StartAsync(
            serve.Socket, ReconnectSeconds, "outlives_threads", $"{LoadLength.Kills}");
        await KillAsync(serve, program, LoadLength.Kills);
        await EndAsync(serve, program);
    }

    [BridgeFact]
    public async Task A_call_waits_while_there_is_no_simulator()
    {
        await using var serve = await ServeProcess.RunAsync();
        using var program = await ConformanceProgram.StartAsync(serve.Socket, ReconnectSeconds, "outlives");
        for (var i = 0; i < 2; i++)
        {
            await program.MeetAsync();
            await serve.KillAsync();
            program.LetGoOn();
            Assert.Equal(1, await serve.StartAsync());
        }
        await EndAsync(serve, program);
    }

    [BridgeFact]
    public async Task A_simulator_that_is_ended_leaves_its_contexts_to_the_next_one()
    {
        await using var serve = await ServeProcess.RunAsync();
        using var program = await ConformanceProgram.StartAsync(serve.Socket, ReconnectSeconds, "outlives");
        for (var i = 0; i < 2; i++)
        {
            await program.MeetAsync();
            Assert.Contains("1 contexts stay in the journal", await serve.EndAsync());
            Assert.Equal(1, await serve.StartAsync());
            program.LetGoOn();
        }
        await EndAsync(serve, program);
    }

    [BridgeFact]
    public async Task What_is_closed_while_there_is_no_simulator_is_closed()
    {
        await using var serve = await ServeProcess.RunAsync();
        using var program = await ConformanceProgram.StartAsync(serve.Socket, ReconnectSeconds, "outlives_closes");
        await LeaveAloneAsync(serve, program);
        await EndAsync(serve, program);
    }

    [BridgeFact]
    public async Task Who_has_not_the_file_cannot_take_it_back()
    {
        await using var serve = await ServeProcess.RunAsync();
        using var program = await ConformanceProgram.StartAsync(serve.Socket, ReconnectSeconds, "outlives_passing");
        await program.MeetAsync();
        Assert.Equal(1, await serve.KillAndStartAsync());
        using (var stranger = new RawClient(serve.Socket))
        {
            // Whatever sockets it has: it would need the program's own.
            Assert.Equal(-(long)Errno.EBADF, await stranger.CallAsync(RawClient.Request(ShimOp.TakeBack), takesBack: true));
            Assert.Equal(-(long)Errno.EBADF, await stranger.CallAsync(RawClient.Request(ShimOp.Ioctl, 0x3b81)));
        }
        program.LetGoOn();
        await EndAsync(serve, program);
    }

    [BridgeFact]
    public async Task Several_programs_go_on_each_with_its_own()
    {
        await using var serve = await ServeProcess.RunAsync();
        var programs = await Task.WhenAll(Enumerable.Range(0, 5).Select(
            i => ConformanceProgram.StartAsync(serve.Socket, ReconnectSeconds, i % 2 == 0 ? "outlives" : "outlives_events")));
        for (var i = 0; i < 2; i++)
        {
            foreach (var program in programs) await program.MeetAsync();
            Assert.Equal(programs.Length, await serve.KillAndStartAsync());
            foreach (var program in programs) program.LetGoOn();
        }
        foreach (var program in programs)
        {
            await program.AssertHoldsAsync();
            program.Dispose();
        }
        await serve.AssertNothingLeftAsync();
    }

    [BridgeFact]
    public async Task What_a_program_had_that_is_gone_meanwhile_is_closed_when_the_next_simulator_starts()
    {
        await using var serve = await ServeProcess.RunAsync();
        using (var program = await ConformanceProgram.StartAsync(serve.Socket, ReconnectSeconds, "outlives"))
        {
            await program.MeetAsync();
            await serve.KillAsync();
            program.Process.Kill();
            await program.Process.WaitForExitAsync();
        }
        Assert.Equal(0, await serve.StartAsync());
        await serve.AssertNothingLeftAsync();
    }

    [BridgeFact]
    public async Task A_simulator_that_does_not_come_back_is_EIO_after_the_patience()
    {
        await using var serve = await ServeProcess.RunAsync();
        using var program = await ConformanceProgram.StartAsync(serve.Socket, 2, "never_back", "2");
        await LeaveAloneAsync(serve, program);
        await EndAsync(serve, program);
    }

    [BridgeFact]
    public async Task A_program_that_does_not_wait_gets_EIO_and_what_it_had_is_closed()
    {
        await using var serve = await ServeProcess.RunAsync();
        using var program = await ConformanceProgram.StartAsync(serve.Socket, "outlives_not");
        await program.MeetAsync();
        Assert.Equal(0, await serve.KillAndStartAsync());
        program.LetGoOn();
        await EndAsync(serve, program);
    }

    /// <summary>Kills the simulator, and starts it again, whenever the program has come to where it waits for that.</summary>
    private static async Task KillAsync(ServeProcess serve, BridgedProgram program, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await program.MeetAsync();
            Assert.Equal(1, await serve.KillAndStartAsync());
            program.LetGoOn();
        }
    }

    /// <summary>There is no simulator from one meeting with the program to the next.</summary>
    private static async Task LeaveAloneAsync(ServeProcess serve, BridgedProgram program)
    {
        await program.MeetAsync();
        await serve.KillAsync();
        program.LetGoOn();
        await program.MeetAsync();
        Assert.Equal(1, await serve.StartAsync());
        program.LetGoOn();
    }

    private static async Task EndAsync(ServeProcess serve, BridgedProgram program)
    {
        await program.AssertHoldsAsync();
        await serve.AssertNothingLeftAsync();
    }
}
