/* What the parts of the conformance program share: checks that end it with a line that says what was found, and short calls. */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#define _GNU_SOURCE
#include "uapi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul

#define FAIL(...)                                                       \
	do {                                                            \
		fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);         \
		fprintf(stderr, __VA_ARGS__);                           \
		fputc('\n', stderr);                                    \
		exit(1);                                                \
	} while (0)

#define EQUAL(expected, actual)                                         \
	do {                                                            \
		long long expected_ = (long long)(expected);            \
		long long actual_ = (long long)(actual);                \
		if (expected_ != actual_)                               \
			FAIL("%s is %lld, not %lld (errno %d)", #actual, actual_, expected_, errno); \
	} while (0)

#define TRUE(condition)                                                 \
	do {                                                            \
		if (!(condition))                                       \
			FAIL("%s is false (errno %d)", #condition, errno); \
	} while (0)

#define FAILS(error, call)                                              \
	do {                                                            \
		errno = 0;                                              \
		EQUAL(-1, call);                                        \
		if (errno != (error))                                   \
			FAIL("%s fails with errno %d, not %d", #call, errno, error); \
	} while (0)

/* calls.c */
int open_iommu(void);
uint32_t ioas_alloc(int fd);
int destroy(int fd, uint32_t id);
int map(int fd, uint32_t ioas, void *memory, size_t length, uint64_t *iova);
int map_at(int fd, uint32_t ioas, void *memory, size_t length, uint64_t iova);
int unmap(int fd, uint32_t ioas, uint64_t iova, size_t length);
/* A mock device on an IOAS; its own ids in *stdev and *device where they are not NULL. The id of its HWPT. */
uint32_t mock_domain(int fd, uint32_t ioas, uint32_t *stdev, uint32_t *device);
int create_access(int fd, uint32_t ioas);
int access_rw(int fd, int access, uint64_t iova, void *memory, size_t length, int write);
int check_refs(int fd, void *memory, size_t length, unsigned int refs);
void *memory(size_t length, int flags);
/* An address where nothing is. */
extern void *volatile nowhere;
/* The value in KiB of a line of /proc/PID/status. */
long status_kib(int pid, const char *label);
/* Says "ready", and goes on when there is something to read. */
void meet(void);
/* Waits for a child, which must end with status 0. */
void end_well(pid_t child);

/* events.c: a mock device whose page faults go to a queue. */
struct faulting {
	int fd, queue;
	uint32_t device;
};
struct faulting make_faulting(void);
void trigger(struct faulting *device, uint32_t group);
void read_and_answer(struct faulting *device, uint32_t group);

/* files.c: a descriptor by a socket. */
void send_fd(int socket, int fd);
int receive_fd(int socket);
/* files.c: this program again, with the descriptor and what to expect of it. */
void exec_self(char *self, int fd, const char *expect);
/* outliving.c */
void go_on_after_exec(int fd);

typedef void scenario(int argc, char **argv);

scenario dup_shares, fork_shares, passing_shares, close_takes_effect, exit_takes_effect, exec_closes, exec_keeps, own_descriptors,
	no_descriptors, other_files, vfio_node, held_files;
scenario wild_pointers, own_memory, shared_memory, memfd_pages, pinned_counters, region_mapped, region_outlives, read_only_memory,
	lying_lengths;
scenario threads_call, signals_interrupt, server_dies, server_dies_in_poll, fail_nth, fail_nth_file;
scenario poll_reads, select_reads, epoll_reads, reads_never_wait, writes_answer, wild_buffers;
scenario outlives, outlives_closes, outlives_threads, outlives_fork, outlives_opener, outlives_events, outlives_files, outlives_passing,
	outlives_exec, outlives_not,
	never_back;
scenario after_exec, load, random_ioctls;

#endif
