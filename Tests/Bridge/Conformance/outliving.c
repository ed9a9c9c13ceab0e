/* The simulator is killed, and another one comes on the same journal and socket: whoever waits for it goes on with what it had. */
#include "conformance.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#define IOVA 0x1000000ul /* where the mock IOMMU begins */
#define THREADS 6

static void expect_memory(int fd, int access, uint64_t iova, const char *text)
{
	char read[16] = { 0 };
	EQUAL(0, access_rw(fd, access, iova, read, sizeof(read), 0));
	if (strcmp(read, text) != 0)
		FAIL("there is '%s' at 0x%lx, not '%s'", read, (unsigned long)iova, text);
}

/* Everything that a program may have when its simulator dies, and that it uses afterwards as if nothing had been. */
void outlives(int argc, char **argv)
{
	int fd = open_iommu(), copy = dup(fd), access;
	uint32_t ioas = ioas_alloc(fd), other = ioas_alloc(fd), hole = ioas_alloc(fd), stdev, device;
	uint32_t hwpt = mock_domain(fd, ioas, &stdev, &device);
	char *pages = memory(8 * PAGE, MAP_PRIVATE);
	struct test_cmd replace = { .size = sizeof(replace), .op = TEST_MOCK_DOMAIN_REPLACE, .id = stdev };
	uint64_t iova;
	int round;
	(void)argc, (void)argv;

	access = create_access(fd, ioas);
	EQUAL(0, map_at(fd, ioas, pages, 8 * PAGE, IOVA));
	EQUAL(0, map_at(fd, other, pages, 8 * PAGE, IOVA));
	EQUAL(0, destroy(fd, hole));
	for (round = 0; round < 2; round++) {
		meet();
		/* Written while nobody looks, and by the device's side afterwards: one memory. */
		snprintf(pages + 3 * PAGE, 16, "round %d", round);
		expect_memory(fd, access, IOVA + 3 * PAGE, pages + 3 * PAGE);
		EQUAL(0, access_rw(copy, access, IOVA + PAGE, "hello", 6, 1));
		EQUAL(0, strcmp(pages + PAGE, "hello"));
		EQUAL(32, status_kib(getpid(), "VmPin:"));
		EQUAL(0, check_refs(fd, pages, 8 * PAGE, 1));
		/* What was there is in the way, and a number that was free is given again. */
		FAILS(EEXIST, map_at(fd, ioas, pages, PAGE, IOVA));
		FAILS(EBUSY, destroy(copy, ioas));
		FAILS(EBUSY, destroy(fd, hwpt));
		EQUAL(hole, ioas_alloc(copy));
		EQUAL(0, destroy(fd, hole));
		EQUAL(0, map(fd, ioas, pages, 2 * PAGE, &iova));
		EQUAL(0, unmap(fd, ioas, iova, 2 * PAGE));
	}
	replace.word = other;
	EQUAL(0, ioctl(fd, IOMMU_TEST_CMD, &replace));
	EQUAL(0, unmap(fd, ioas, IOVA, 8 * PAGE));
	FAILS(ENOENT, unmap(fd, ioas, IOVA, 8 * PAGE));
	FAILS(EBUSY, destroy(fd, ioas)); /* the access */
	close(access);
	EQUAL(0, destroy(fd, ioas));
	EQUAL(0, destroy(fd, stdev));
	EQUAL(0, destroy(fd, other));
	EQUAL(0, status_kib(getpid(), "VmPin:"));
	EQUAL(ioas, ioas_alloc(fd));
	close(fd);
	EQUAL(other, ioas_alloc(copy));
}

/* Files that are closed while there is no simulator, or before another one has heard of their copies here. */
void outlives_closes(int argc, char **argv)
{
	int fd = open_iommu(), second = open_iommu(), access, copy;
	uint32_t ioas = ioas_alloc(fd);
	struct fault_alloc queue = { .size = sizeof(queue) };
	void *pages = memory(8 * PAGE, MAP_PRIVATE);
	(void)argc, (void)argv;

	access = create_access(fd, ioas);
	copy = dup(access);
	EQUAL(0, ioctl(fd, IOMMU_FAULT_QUEUE_ALLOC, &queue));
	mock_domain(second, ioas_alloc(second), NULL, NULL);
	EQUAL(0, map_at(second, 1, pages, 8 * PAGE, IOVA));
	meet();
	close(access);
	close(second);
	meet();
	FAILS(EBUSY, destroy(fd, ioas));
	EQUAL(0, check_refs(fd, pages, 8 * PAGE, 0));
	close(copy);
	EQUAL(0, destroy(fd, ioas));
	FAILS(EBUSY, destroy(fd, queue.out_fault_id));
	close((int)queue.out_fault_fd);
	EQUAL(0, destroy(fd, queue.out_fault_id));
	EQUAL(1, ioas_alloc(fd));
}

static int outliving_fd;
static uint32_t outliving_ioas;
static volatile int stop;
static int unknown;

/* 0, or an errno; a call that was under way when the simulator died may have been done. */
static int errno_of(int result)
{
	if (result < 0 && errno == EIO)
		__atomic_add_fetch(&unknown, 1, __ATOMIC_RELAXED);
	return result < 0 ? errno : 0;
}

static void *call_on(void *number)
{
	uint64_t iova = IOVA + (uintptr_t)number * 0x100000;
	char *pages = memory(4 * PAGE, MAP_PRIVATE);
	int mapped = 0, error;

	while (!stop || mapped != 0) {
		struct ioas_alloc alloc = { .size = sizeof(alloc) };

		/* mapped is 1 or 0, or -1 where it is not known. */
		error = errno_of(map_at(outliving_fd, outliving_ioas, pages, 4 * PAGE, iova));
		if (error != (mapped == 1 ? EEXIST : 0) && error != EIO && mapped >= 0)
			FAIL("map is errno %d, mapped %d", error, mapped);
		mapped = error == EIO ? -1 : 1;
		error = errno_of(unmap(outliving_fd, outliving_ioas, iova, 4 * PAGE));
		if (error != 0 && error != EIO && mapped >= 0)
			FAIL("unmap is errno %d, mapped %d", error, mapped);
		mapped = error == EIO ? -1 : 0;
		if (errno_of(ioctl(outliving_fd, IOMMU_IOAS_ALLOC, &alloc)) == 0) {
			error = errno_of(destroy(outliving_fd, alloc.out_ioas_id));
			TRUE(error == 0 || error == EIO);
		}
	}
	return NULL;
}

/* outlives_threads DEATHS: threads call all the while; what a call does that fails with EIO is done once or not at all. */
void outlives_threads(int argc, char **argv)
{
	int deaths = atoi(argv[2]), death;
	pthread_t threads[THREADS];
	uintptr_t i;
	EQUAL(3, argc);

	outliving_fd = open_iommu();
	outliving_ioas = ioas_alloc(outliving_fd);
	mock_domain(outliving_fd, outliving_ioas, NULL, NULL);
	for (i = 0; i < THREADS; i++)
		EQUAL(0, pthread_create(&threads[i], NULL, call_on, (void *)i));
	for (death = 0; death < deaths; death++)
		meet();
	stop = 1;
	for (i = 0; i < THREADS; i++)
		EQUAL(0, pthread_join(threads[i], NULL));
	/* At most one call of each thread at each death. */
	TRUE(unknown <= deaths * THREADS);
	for (i = 0; i < THREADS; i++)
		FAILS(ENOENT, unmap(outliving_fd, outliving_ioas, IOVA + i * 0x100000, 4 * PAGE));
	EQUAL(0, status_kib(getpid(), "VmPin:"));
}

/* Each process takes the file back for itself, and what each has mapped of its own is its own. */
void outlives_fork(int argc, char **argv)
{
	int fd = open_iommu(), pair[2], tell[2];
	uint32_t ioas = ioas_alloc(fd);
	char *own = memory(PAGE, MAP_PRIVATE), *shared = memory(PAGE, MAP_SHARED), byte;
	pid_t child;
	(void)argc, (void)argv;

	strcpy(own, "parent");
	strcpy(shared, "shared");
	EQUAL(0, map_at(fd, ioas, own, PAGE, IOVA));
	EQUAL(0, map_at(fd, ioas, shared, PAGE, IOVA + PAGE));
	EQUAL(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	EQUAL(0, pipe(tell));
	child = fork();
	if (child == 0) {
		int access;

		strcpy(own, "child");
		EQUAL(0, map_at(fd, ioas, own, PAGE, IOVA + 2 * PAGE));
		EQUAL(1, write(pair[1], "", 1));
		/* The simulator dies here. */
		EQUAL(1, read(pair[1], &byte, 1));
		access = create_access(fd, ioas);
		expect_memory(fd, access, IOVA, "parent");
		expect_memory(fd, access, IOVA + PAGE, "shared");
		expect_memory(fd, access, IOVA + 2 * PAGE, "child");
		close(access);
		EQUAL(1, write(pair[1], "", 1));
		/* And the parent's copy is closed. */
		EQUAL(1, read(pair[1], &byte, 1));
		EQUAL(0, unmap(fd, ioas, IOVA + 2 * PAGE, PAGE));
		exit(0);
	}
	EQUAL(1, read(pair[0], &byte, 1));
	meet();
	EQUAL(1, write(pair[0], "", 1));
	EQUAL(1, read(pair[0], &byte, 1));
	EQUAL(0, unmap(fd, ioas, IOVA, PAGE));
	close(fd);
	EQUAL(1, write(pair[0], "", 1));
	end_well(child);
}

/* Who opened it has gone with its memory: others that have the file go on without that. */
void outlives_opener(int argc, char **argv)
{
	int tell[2], fd, access;
	char *own = memory(PAGE, MAP_PRIVATE), byte;
	pid_t child;
	(void)argc, (void)argv;

	EQUAL(0, pipe(tell));
	fd = open_iommu();
	EQUAL(1, ioas_alloc(fd));
	mock_domain(fd, 1, NULL, NULL);
	child = fork();
	if (child == 0) {
		close(tell[1]);
		EQUAL(0, read(tell[0], &byte, 1));
		EQUAL(0, kill(getppid(), 0));
		meet();
		access = create_access(fd, 1);
		FAILS(EFAULT, access_rw(fd, access, IOVA, &byte, 1, 0));
		FAILS(EEXIST, map_at(fd, 1, own, PAGE, IOVA));
		close(access);
		EQUAL(0, unmap(fd, 1, IOVA, PAGE));
		EQUAL(0, map_at(fd, 1, own, PAGE, IOVA));
		exit(0);
	}
	EQUAL(0, map_at(fd, 1, own, PAGE, IOVA));
	exit(0);
}

/* An event file is hung up, and whoever reads it has it again, in every epoll that he had it in. */
void outlives_events(int argc, char **argv)
{
	struct faulting device = make_faulting();
	struct pollfd wait = { .fd = device.queue, .events = POLLIN };
	struct epoll_event wanted = { .events = EPOLLIN | EPOLLET, .data.u64 = 0x123456789abc }, got;
	int epoll = epoll_create1(0), i;
	char buffer[40];
	(void)argc, (void)argv;

	EQUAL(0, fcntl(device.queue, F_SETFL, O_NONBLOCK));
	EQUAL(0, epoll_ctl(epoll, EPOLL_CTL_ADD, device.queue, &wanted));
	for (i = 0; i < 2; i++) {
		trigger(&device, 1);
		EQUAL(1, epoll_wait(epoll, &got, 1, 60000));
		read_and_answer(&device, 1);
		EQUAL(0, poll(&wait, 1, 0));
		meet();
		EQUAL(1, poll(&wait, 1, 60000));
		EQUAL(1, epoll_wait(epoll, &got, 1, 60000));
		TRUE(got.events & EPOLLHUP);
		EQUAL(0, read(device.queue, buffer, sizeof(buffer)));
		EQUAL(0, poll(&wait, 1, 0));
		EQUAL(0, epoll_wait(epoll, &got, 1, 0));
		TRUE(fcntl(device.queue, F_GETFL) & O_NONBLOCK);
		TRUE(fcntl(device.queue, F_GETFD) & FD_CLOEXEC);
		trigger(&device, 2);
		EQUAL(1, epoll_wait(epoll, &got, 1, 60000));
		EQUAL(EPOLLIN, got.events);
		EQUAL(0x123456789abc, got.data.u64);
		EQUAL(1, poll(&wait, 1, 60000));
		read_and_answer(&device, 2);
	}
}

/* A descriptor that has not been used since is passed on. */
void outlives_passing(int argc, char **argv)
{
	int fd = open_iommu(), pair[2];
	pid_t child;
	(void)argc, (void)argv;

	EQUAL(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	child = fork();
	if (child == 0) {
		close(fd);
		fd = receive_fd(pair[1]);
		EQUAL(0, destroy(fd, 1));
		EQUAL(1, ioas_alloc(fd));
		exit(0);
	}
	EQUAL(1, ioas_alloc(fd));
	meet();
	send_fd(pair[0], fd);
	end_well(child);
	EQUAL(0, destroy(fd, 1));
}

void go_on_after_exec(int fd)
{
	int access;
	char byte;

	meet();
	access = create_access(fd, 1);
	FAILS(EFAULT, access_rw(fd, access, IOVA, &byte, 1, 0));
	close(access);
	EQUAL(0, unmap(fd, 1, IOVA, PAGE));
	EQUAL(0, destroy(fd, 1));
}

/* The memory went with exec(), whatever the program has at the same address now; the file did not. */
void outlives_exec(int argc, char **argv)
{
	int fd = open_iommu();
	(void)argc;

	ioas_alloc(fd);
	EQUAL(0, map_at(fd, 1, memory(PAGE, MAP_PRIVATE), PAGE, IOVA));
	exec_self(argv[0], fd, "outlives");
}

/* Memory of files: found again where somebody has it open, and without its contents where nobody has. */
void outlives_files(int argc, char **argv)
{
	int fd = open_iommu(), kept = memfd_create("kept", 0), closed = memfd_create("closed", 0), access;
	uint32_t ioas = ioas_alloc(fd);
	struct ioas_map_file file = { .size = sizeof(file), .flags = MAP_FIXED_IOVA | MAP_WRITEABLE | MAP_READABLE, .ioas_id = ioas,
				      .length = PAGE, .iova = IOVA };
	struct test_cmd get = { .size = sizeof(get), .op = TEST_DMABUF_GET, .dmabuf_get = { PAGE, 0 } };
	char byte;
	(void)argc, (void)argv;

	mock_domain(fd, ioas, NULL, NULL);
	EQUAL(0, ftruncate(kept, PAGE));
	EQUAL(0, ftruncate(closed, PAGE));
	file.fd = kept;
	EQUAL(0, ioctl(fd, IOMMU_IOAS_MAP_FILE, &file));
	file.fd = closed;
	file.iova = IOVA + PAGE;
	EQUAL(0, ioctl(fd, IOMMU_IOAS_MAP_FILE, &file));
	close(closed);
	file.fd = ioctl(fd, IOMMU_TEST_CMD, &get);
	TRUE(file.fd >= 0);
	file.iova = IOVA + 2 * PAGE;
	EQUAL(0, ioctl(fd, IOMMU_IOAS_MAP_FILE, &file));
	meet();
	EQUAL(6, pwrite(kept, "hello", 6, 0));
	access = create_access(fd, ioas);
	expect_memory(fd, access, IOVA, "hello");
	FAILS(EFAULT, access_rw(fd, access, IOVA + PAGE, &byte, 1, 0));
	/* The buffer was the simulator's: as one that was taken away. */
	FAILS(EINVAL, access_rw(fd, access, IOVA + 2 * PAGE, &byte, 1, 0));
	close(access);
	EQUAL(0, unmap(fd, ioas, IOVA, 3 * PAGE));
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* never_back SECONDS: the simulator does not come again in that time. */
void never_back(int argc, char **argv)
{
	int fd = open_iommu(), i;
	int64_t patience = 1000 * atol(argv[2]), before;
	EQUAL(3, argc);

	meet();
	before = now_ms();
	FAILS(EIO, destroy(fd, 4711));
	TRUE(now_ms() - before >= patience);
	/* It was waited for once. */
	before = now_ms();
	for (i = 0; i < 20; i++) {
		FAILS(EIO, destroy(fd, 4711));
		FAILS(ENODEV, open("/dev/iommu", O_RDWR));
	}
	TRUE(now_ms() - before < patience);
	/* And who comes after all is found. */
	meet();
	FAILS(ENOENT, destroy(fd, 4711));
	EQUAL(0, close(open_iommu()));
}

/* Without the wish to wait, what was open is lost, and what is opened then is another simulator's. */
void outlives_not(int argc, char **argv)
{
	int fd = open_iommu();
	uint32_t ioas = ioas_alloc(fd);
	(void)argc, (void)argv;

	meet();
	FAILS(EIO, destroy(fd, ioas));
	FAILS(EIO, destroy(fd, ioas));
	EQUAL(1, ioas_alloc(open_iommu()));
	FAILS(EIO, destroy(fd, ioas));
}
