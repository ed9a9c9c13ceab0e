/* Threads, signals, failures, and the end of the simulator. */
#include "conformance.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>

#define THREADS 8
#define ROUNDS 100

static int shared_fd;

static void *call_often(void *number)
{
	char *pages = memory(4 * PAGE, MAP_PRIVATE), read[16];
	int i, access;
	(void)number;

	for (i = 0; i < ROUNDS; i++) {
		uint32_t ioas = ioas_alloc(shared_fd);
		uint64_t iova;
		access = create_access(shared_fd, ioas);
		snprintf(pages, 16, "%u", ioas);
		EQUAL(0, map(shared_fd, ioas, pages, 4 * PAGE, &iova));
		EQUAL(0, access_rw(shared_fd, access, iova, read, sizeof(read), 0));
		EQUAL(0, strcmp(read, pages));
		FAILS(EBUSY, destroy(shared_fd, ioas));
		close(access);
		EQUAL(0, unmap(shared_fd, ioas, iova, 4 * PAGE));
		EQUAL(0, destroy(shared_fd, ioas));
	}
	return NULL;
}

void threads_call(int argc, char **argv)
{
	pthread_t threads[THREADS];
	int i;
	(void)argc, (void)argv;

	shared_fd = open_iommu();
	for (i = 0; i < THREADS; i++)
		EQUAL(0, pthread_create(&threads[i], NULL, call_often, NULL));
	for (i = 0; i < THREADS; i++)
		EQUAL(0, pthread_join(threads[i], NULL));
	/* All numbers are free again. */
	EQUAL(1, ioas_alloc(shared_fd));
}

static volatile int interrupts;
static uint32_t signals_ioas;

static void on_alarm(int signal)
{
	int saved = errno;
	(void)signal;
	interrupts++;
	/* A handler may call too, while the thread that it interrupts waits for an answer. */
	if (destroy(shared_fd, 4711) != -1 || errno != ENOENT)
		_exit(2);
	errno = saved;
}

void signals_interrupt(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 500 }, { 0, 500 } };
	(void)argc, (void)argv;

	shared_fd = open_iommu();
	signals_ioas = ioas_alloc(shared_fd);
	EQUAL(0, sigaction(SIGALRM, &action, NULL));
	EQUAL(0, setitimer(ITIMER_REAL, &often, NULL));
	while (interrupts < 200) {
		uint32_t other = ioas_alloc(shared_fd);
		FAILS(ENOENT, destroy(shared_fd, 4712));
		EQUAL(0, destroy(shared_fd, other));
	}
}

void server_dies(int argc, char **argv)
{
	int fd = open_iommu(), access, i;
	uint32_t ioas = ioas_alloc(fd);
	char byte[40];
	(void)argc, (void)argv;

	access = create_access(fd, ioas);
	meet();
	for (i = 0; i < 3; i++) {
		FAILS(EIO, destroy(fd, ioas));
		FAILS(EIO, read(access, byte, sizeof(byte)));
		FAILS(EIO, access_rw(fd, access, 0, byte, 1, 0));
		FAILS(ENODEV, open("/dev/iommu", O_RDWR));
	}
	TRUE(status_kib(getpid(), "VmPin:") >= 0);
	close(fd);
}

/* Calls until it fails: the simulator goes in the middle of one. */
void server_dies_in_poll(int argc, char **argv)
{
	int fd = open_iommu();
	struct fault_alloc alloc = { .size = sizeof(alloc) };
	struct pollfd wait = { .events = POLLIN };
	char byte[40];
	(void)argc, (void)argv;

	EQUAL(0, ioctl(fd, IOMMU_FAULT_QUEUE_ALLOC, &alloc));
	EQUAL(6, write(1, "ready\n", 6));
	wait.fd = (int)alloc.out_fault_fd;
	EQUAL(1, poll(&wait, 1, 60000));
	TRUE(wait.revents & POLLHUP);
	FAILS(EIO, read(wait.fd, byte, sizeof(byte)));
	while (destroy(fd, 4711) == -1 && errno == ENOENT)
		;
	EQUAL(EIO, errno);
}

static int fail_nth_open(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/task/%ld/fail-nth", syscall(SYS_gettid));
	return open(path, O_RDWR);
}

static void arm(int file, int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", nth);
	EQUAL(length, pwrite(file, text, (size_t)length, 0));
}

static int left(int file)
{
	char text[16] = { 0 };
	TRUE(pread(file, text, sizeof(text), 0) >= 2);
	return atoi(text);
}

void fail_nth(int argc, char **argv)
{
	int fd = open_iommu(), file = fail_nth_open(), n, result = -1;
	uint32_t ioas = ioas_alloc(fd);
	struct test_cmd call = { .size = sizeof(call), .op = TEST_MOCK_DOMAIN, .id = ioas };
	pid_t child;
	(void)argc, (void)argv;

	TRUE(file >= 0);
	for (n = 1; result != 0; n++) {
		arm(file, n);
		result = ioctl(fd, IOMMU_TEST_CMD, &call);
		if (result != 0)
			EQUAL(0, left(file));
		/* Nothing of a failed call is left: the IOAS is nobody's. */
		arm(file, 0);
		if (result != 0) {
			EQUAL(0, destroy(fd, ioas));
			call.id = ioas = ioas_alloc(fd);
			EQUAL(1, ioas);
		}
	}
	/* There was more than one step to fail. */
	TRUE(n > 4);
	/* What is left is counted on from call to call. */
	arm(file, 1000);
	EQUAL(2, ioas_alloc(fd) >= 2 ? 2 : 0);
	TRUE(left(file) < 1000 && left(file) > 0);
	/* And only the thread's own calls are hit: here is none. */
	arm(file, 1);
	child = fork();
	if (child == 0) {
		ioas_alloc(fd);
		exit(0);
	}
	end_well(child);
	EQUAL(1, left(file));
}

void fail_nth_file(int argc, char **argv)
{
	int file = fail_nth_open(), other = open("/proc/self/fail-nth", O_RDWR);
	char text[16];
	(void)argc, (void)argv;

	TRUE(file >= 0);
	EQUAL(0, left(file));
	arm(file, 12);
	EQUAL(12, left(other));
	EQUAL(3, read(file, text, sizeof(text)));
	EQUAL(0, read(file, text, sizeof(text)));
	FAILS(EINVAL, pwrite(file, "twelve", 6, 0));
	FAILS(EFAULT, pwrite(file, nowhere, 2, 0));
	FAILS(ENOENT, open("/proc/self/task/1/fail-nth", O_RDWR));
	arm(other, 0);
	EQUAL(0, left(file));
}
