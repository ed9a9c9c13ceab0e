/* Event files: when they can be read, by every way there is to wait for that. */
#include "conformance.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/uio.h>

#define SECOND 5000 /* ms; long, because a machine may be busy */

struct faulting make_faulting(void)
{
	struct faulting made = { .fd = open_iommu() };
	struct fault_alloc queue = { .size = sizeof(queue) };
	struct hwpt_alloc parent = { .size = sizeof(parent), .flags = HWPT_NEST_PARENT };
	uint32_t iotlb = 0xbadbeef, stdev, ioas = ioas_alloc(made.fd);
	struct hwpt_alloc nested = { .size = sizeof(nested), .flags = HWPT_FAULT_ID_VALID, .data_type = HWPT_DATA_SELFTEST,
				     .data_len = sizeof(iotlb), .data_uptr = (uintptr_t)&iotlb };
	struct test_cmd replace = { .size = sizeof(replace), .op = TEST_MOCK_DOMAIN_REPLACE };

	mock_domain(made.fd, ioas, &stdev, &made.device);
	EQUAL(0, ioctl(made.fd, IOMMU_FAULT_QUEUE_ALLOC, &queue));
	made.queue = (int)queue.out_fault_fd;
	TRUE(fcntl(made.queue, F_GETFD) & FD_CLOEXEC);
	parent.dev_id = nested.dev_id = made.device;
	parent.pt_id = ioas;
	EQUAL(0, ioctl(made.fd, IOMMU_HWPT_ALLOC, &parent));
	nested.pt_id = parent.out_hwpt_id;
	nested.fault_id = queue.out_fault_id;
	EQUAL(0, ioctl(made.fd, IOMMU_HWPT_ALLOC, &nested));
	replace.id = stdev;
	replace.word = nested.out_hwpt_id;
	EQUAL(0, ioctl(made.fd, IOMMU_TEST_CMD, &replace));
	return made;
}

void trigger(struct faulting *device, uint32_t group)
{
	struct test_cmd call = { .size = sizeof(call), .op = TEST_TRIGGER_IOPF,
				 .trigger_iopf = { device->device, UINT32_MAX, group, 3, 0xdeadb000 } };
	EQUAL(0, ioctl(device->fd, IOMMU_TEST_CMD, &call));
}

void read_and_answer(struct faulting *device, uint32_t group)
{
	struct fault fault = { 0 };
	struct fault_response response = { 0, 0 };

	EQUAL(sizeof(fault), read(device->queue, &fault, sizeof(fault)));
	EQUAL(group, fault.grpid);
	response.cookie = fault.cookie;
	EQUAL(sizeof(response), write(device->queue, &response, sizeof(response)));
}

static int ready(int fd, short events, int timeout)
{
	struct pollfd wait = { fd, events, 0 };
	int count = poll(&wait, 1, timeout);
	TRUE(count >= 0);
	return count ? wait.revents : 0;
}

void poll_reads(int argc, char **argv)
{
	struct faulting device = make_faulting();
	int copy = dup(device.queue), i;
	(void)argc, (void)argv;

	EQUAL(POLLOUT, ready(device.queue, POLLIN | POLLOUT, 0));
	for (i = 0; i < 10; i++) {
		EQUAL(0, ready(device.queue, POLLIN, 0));
		trigger(&device, 1);
		EQUAL(POLLIN, ready(copy, POLLIN, SECOND));
		/* A second one, of which the first reader leaves the news behind. */
		trigger(&device, 2);
		read_and_answer(&device, 1);
		EQUAL(POLLIN, ready(device.queue, POLLIN, SECOND));
		read_and_answer(&device, 2);
	}
	EQUAL(0, ready(device.queue, POLLIN, 0));
}

static void *trigger_later(void *device)
{
	usleep(20000);
	trigger(device, 7);
	return NULL;
}


void select_reads(int argc, char **argv)
{
	struct faulting device = make_faulting();
	struct timeval no_time = { 0, 0 }, long_time = { SECOND / 1000, 0 };
	pthread_t thread;
	fd_set set;
	(void)argc, (void)argv;

	FD_ZERO(&set);
	FD_SET(device.queue, &set);
	EQUAL(0, select(device.queue + 1, &set, NULL, NULL, &no_time));
	/* Somebody waits before the fault is there. */
	EQUAL(0, pthread_create(&thread, NULL, trigger_later, &device));
	FD_SET(device.queue, &set);
	EQUAL(1, select(device.queue + 1, &set, NULL, NULL, &long_time));
	TRUE(FD_ISSET(device.queue, &set));
	EQUAL(0, pthread_join(thread, NULL));
	read_and_answer(&device, 7);
}

void epoll_reads(int argc, char **argv)
{
	struct faulting device = make_faulting();
	struct epoll_event wanted = { .events = EPOLLIN | EPOLLET }, got;
	int epoll = epoll_create1(0), i;
	(void)argc, (void)argv;

	EQUAL(0, epoll_ctl(epoll, EPOLL_CTL_ADD, device.queue, &wanted));
	EQUAL(0, epoll_wait(epoll, &got, 1, 0));
	for (i = 0; i < 10; i++) {
		trigger(&device, 3);
		EQUAL(1, epoll_wait(epoll, &got, 1, SECOND));
		EQUAL(EPOLLIN, got.events);
		/* Told once. */
		EQUAL(0, epoll_wait(epoll, &got, 1, 0));
		read_and_answer(&device, 3);
	}
}

void reads_never_wait(int argc, char **argv)
{
	struct faulting device = make_faulting();
	struct fault faults[3];
	struct iovec vectors[2] = { { &faults[0], sizeof(faults[0]) }, { &faults[1], sizeof(faults[1]) } };
	(void)argc, (void)argv;

	EQUAL(0, read(device.queue, faults, sizeof(faults[0])));
	FAILS(ESPIPE, read(device.queue, faults, 7));
	FAILS(ESPIPE, pread(device.queue, faults, sizeof(faults[0]), 0));
	FAILS(ESPIPE, pwrite(device.queue, faults, 8, 0));
	trigger(&device, 1);
	trigger(&device, 2);
	EQUAL(2 * sizeof(faults[0]), readv(device.queue, vectors, 2));
	EQUAL(1, faults[0].grpid);
	EQUAL(2, faults[1].grpid);
	trigger(&device, 1);
	trigger(&device, 2);
	EQUAL(2 * sizeof(faults[0]), read(device.queue, faults, sizeof(faults)));
}

void writes_answer(int argc, char **argv)
{
	struct faulting device = make_faulting();
	struct fault_response responses[2] = { { 0x1234, 0 }, { 0, 99 } };
	struct fault fault;
	(void)argc, (void)argv;

	FAILS(EINVAL, write(device.queue, responses, sizeof(responses[0])));
	FAILS(ESPIPE, write(device.queue, responses, 3));
	trigger(&device, 5);
	EQUAL(sizeof(fault), read(device.queue, &fault, sizeof(fault)));
	responses[0].cookie = fault.cookie;
	/* The first is taken, the second is none. */
	EQUAL(sizeof(responses[0]), write(device.queue, responses, sizeof(responses)));
	close(device.queue);
	FAILS(EBADF, write(device.queue, responses, sizeof(responses[0])));
}

void wild_buffers(int argc, char **argv)
{
	struct faulting device = make_faulting();
	(void)argc, (void)argv;

	trigger(&device, 9);
	FAILS(EFAULT, read(device.queue, nowhere, sizeof(struct fault)));
	FAILS(EFAULT, write(device.queue, nowhere, sizeof(struct fault_response)));
	/* It is still there. */
	EQUAL(POLLIN, ready(device.queue, POLLIN, SECOND));
	read_and_answer(&device, 9);
}
