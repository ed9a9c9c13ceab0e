namespace Iommu.Tests.Bridge;

/// <summary>What a program may expect of /dev/iommu beside its ioctls, by a C program that is run with the shim as any other is.</summary>
[Collection(nameof(BridgeHarness))]
public class ConformanceTests
{
    [BridgeTheory]
    [InlineData("dup_shares")]
    [InlineData("fork_shares")]
    [InlineData("passing_shares")]
    [InlineData("close_takes_effect")]
    [InlineData("exit_takes_effect")]
    [InlineData("exec_closes")]
    [InlineData("exec_keeps")]
    [InlineData("own_descriptors")]
    [InlineData("no_descriptors")]
    [InlineData("held_files")]
    public Task Copies_of_a_descriptor_share_one_file_until_the_last_is_closed(string scenario) => HoldsAsync(scenario);

    [BridgeTheory]
    [InlineData("other_files")]
    [InlineData("vfio_node")]
    public Task The_devices_are_the_simulator_and_other_files_are_left_alone(string scenario) => HoldsAsync(scenario);

    [BridgeTheory]
    [InlineData("own_memory")]
    [InlineData("shared_memory")]
    [InlineData("memfd_pages")]
    [InlineData("pinned_counters")]
    public Task Memory_is_the_programs_own_and_a_page_is_one_page_whoever_maps_it(string scenario) => HoldsAsync(scenario);

    [BridgeTheory]
    [InlineData("wild_pointers")]
    [InlineData("read_only_memory")]
    [InlineData("wild_buffers")]
    [InlineData("lying_lengths")]
    public Task A_wild_pointer_is_EFAULT_and_nothing_is_done(string scenario) => HoldsAsync(scenario);

    [BridgeTheory]
    [InlineData("region_mapped")]
    [InlineData("region_outlives")]
    public Task A_region_is_mapped_and_keeps_its_owner_until_nobody_has_it(string scenario) => HoldsAsync(scenario);

    [BridgeTheory]
    [InlineData("threads_call")]
    [InlineData("signals_interrupt")]
    public Task Threads_and_signal_handlers_call_at_once(string scenario) => HoldsAsync(scenario);

    [BridgeTheory]
    [InlineData("fail_nth")]
    [InlineData("fail_nth_file")]
    public Task The_nth_step_of_a_thread_fails_and_leaves_nothing(string scenario) => HoldsAsync(scenario);

    [BridgeTheory]
    [InlineData("poll_reads")]
    [InlineData("select_reads")]
    [InlineData("epoll_reads")]
    [InlineData("reads_never_wait")]
    [InlineData("writes_answer")]
    public Task Event_files_tell_when_they_can_be_read(string scenario) => HoldsAsync(scenario);

    [BridgeFact]
    public async Task A_simulator_that_goes_away_is_EIO()
    {
        var bridge = new BridgeHarness();
        using var program = await bridge.StartAsync("server_dies");
        await program.MeetAsync();
        await bridge.DisposeAsync();
        program.LetGoOn();
        await program.AssertHoldsAsync();
    }

    [BridgeFact]
    public async Task A_simulator_that_goes_away_wakes_who_waits_and_ends_what_is_called()
    {
        var bridge = new BridgeHarness();
        using var program = await bridge.StartAsync("server_dies_in_poll");
        await program.MeetAsync();
        await bridge.DisposeAsync();
        await program.AssertHoldsAsync();
    }

    private static async Task HoldsAsync(string scenario)
    {
        await using var bridge = new BridgeHarness();
        await bridge.HoldsAsync(scenario);
        await bridge.AssertNothingLeftAsync();
    }
}
