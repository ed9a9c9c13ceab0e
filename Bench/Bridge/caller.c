/*
 * The program whose calls are measured. For each line of its input, "WHAT COUNT", it does that so often, and prints the seconds:
 *   bare        a request and a reply of the bridge's sizes, between two processes over a socket of its kind, and nothing else
 *   ioctl       DESTROY of an id that is none: one call to the context
 *   invalidate  HWPT_INVALIDATE with an array of 64
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_BYTES 56
#define REPLY_BYTES 32
#define ENTRIES 64
#define SELFTEST 0xdeadbeefu

static void must(int held, const char *what)
{
	if (held)
		return;
	perror(what);
	exit(1);
}

static int echo(void)
{
	char bytes[REQUEST_BYTES] = { 0 };
	int pair[2];

	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0, "socketpair");
	if (fork() == 0) {
		close(pair[0]);
		while (recv(pair[1], bytes, REQUEST_BYTES, 0) > 0)
			send(pair[1], bytes, REPLY_BYTES, MSG_NOSIGNAL);
		_exit(0);
	}
	close(pair[1]);
	return pair[0];
}

/* A nested HWPT of a mock device. */
static uint32_t nested(int fd)
{
	struct { uint32_t size, flags, id; } ioas = { sizeof(ioas), 0, 0 };
	struct { uint32_t size, op, id, reserved, out[14]; } mock = { .size = sizeof(mock), .op = 2 };
	struct {
		uint32_t size, flags, dev_id, pt_id, id, reserved, data_type, data_len;
		uint64_t data;
		uint32_t fault_id, reserved2;
	} hwpt = { .size = sizeof(hwpt), .flags = 1 };
	uint32_t iotlb = 7;

	must(ioctl(fd, _IO(';', 0x81), &ioas) == 0, "IOAS_ALLOC");
	mock.id = ioas.id;
	must(ioctl(fd, _IO(';', 0xa0), &mock) == 0, "MOCK_DOMAIN");
	hwpt.dev_id = mock.out[2];
	hwpt.pt_id = ioas.id;
	must(ioctl(fd, _IO(';', 0x89), &hwpt) == 0, "HWPT_ALLOC");
	hwpt.flags = 0;
	hwpt.pt_id = hwpt.id;
	hwpt.data_type = 0xdead;
	hwpt.data_len = sizeof(iotlb);
	hwpt.data = (uintptr_t)&iotlb;
	must(ioctl(fd, _IO(';', 0x89), &hwpt) == 0, "HWPT_ALLOC");
	return hwpt.id;
}

int main(void)
{
	struct { uint32_t flags, iotlb; } entries[ENTRIES] = { { 0 } };
	struct {
		uint32_t size, id;
		uint64_t data;
		uint32_t type, entry_bytes, count, reserved;
	} invalidate = { .size = sizeof(invalidate), .data = (uintptr_t)entries, .type = SELFTEST, .entry_bytes = sizeof(entries[0]) };
	struct { uint32_t size, id; } destroy = { sizeof(destroy), 4711 };
	char what[16], bytes[REQUEST_BYTES] = { 0 };
	int fd = open("/dev/iommu", O_RDWR), bare = echo();
	struct timespec begin, end;
	long count, i;

	must(fd >= 0, "/dev/iommu");
	invalidate.id = nested(fd);
	while (scanf("%15s %ld", what, &count) == 2) {
		clock_gettime(CLOCK_MONOTONIC, &begin);
		for (i = 0; i < count; i++) {
			if (*what == 'b') {
				must(send(bare, bytes, REQUEST_BYTES, 0) == REQUEST_BYTES && recv(bare, bytes, REPLY_BYTES, 0) > 0, what);
			} else if (strcmp(what, "ioctl") == 0) {
				must(ioctl(fd, _IO(';', 0x80), &destroy) == -1, what);
			} else {
				invalidate.count = ENTRIES;
				must(ioctl(fd, _IO(';', 0x8d), &invalidate) == 0 && invalidate.count == ENTRIES, what);
			}
		}
		clock_gettime(CLOCK_MONOTONIC, &end);
		printf("%.9f\n", (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) * 1e-9);
		fflush(stdout);
	}
	return 0;
}
