/*
 * What a program may expect of /dev/iommu beside its ioctls: descriptors, processes, threads, signals, waiting, memory. One scenario a
 * run, named by the first argument; status 0 and no word when it holds.
 */
#include "conformance.h"

#define SCENARIO(name) { #name, name }

static const struct {
	const char *name;
	scenario *run;
} scenarios[] = {
	SCENARIO(dup_shares), SCENARIO(fork_shares), SCENARIO(passing_shares), SCENARIO(close_takes_effect),
	SCENARIO(exit_takes_effect), SCENARIO(exec_closes), SCENARIO(exec_keeps), SCENARIO(own_descriptors),
	SCENARIO(no_descriptors), SCENARIO(other_files), SCENARIO(vfio_node), SCENARIO(held_files), SCENARIO(wild_pointers),
	SCENARIO(own_memory), SCENARIO(shared_memory), SCENARIO(memfd_pages), SCENARIO(pinned_counters), SCENARIO(region_mapped),
	SCENARIO(region_outlives), SCENARIO(read_only_memory), SCENARIO(threads_call), SCENARIO(signals_interrupt),
	SCENARIO(server_dies), SCENARIO(server_dies_in_poll), SCENARIO(fail_nth), SCENARIO(fail_nth_file), SCENARIO(poll_reads),
	SCENARIO(select_reads), SCENARIO(epoll_reads), SCENARIO(reads_never_wait), SCENARIO(writes_answer), SCENARIO(wild_buffers),
	SCENARIO(outlives), SCENARIO(outlives_closes), SCENARIO(outlives_threads), SCENARIO(outlives_fork), SCENARIO(outlives_opener),
	SCENARIO(outlives_events), SCENARIO(outlives_files), SCENARIO(outlives_passing), SCENARIO(outlives_exec),
	SCENARIO(outlives_not), SCENARIO(never_back),
	SCENARIO(lying_lengths), SCENARIO(after_exec), SCENARIO(load), SCENARIO(random_ioctls),
};

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 2)
		FAIL("usage: %s SCENARIO", argv[0]);
	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		if (strcmp(argv[1], scenarios[i].name) != 0)
			continue;
		scenarios[i].run(argc, argv);
		return 0;
	}
	FAIL("there is no scenario %s", argv[1]);
}
