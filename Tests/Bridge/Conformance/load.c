/* Random load, and random bytes: what a program does that nobody has thought of. */
#include "conformance.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/time.h>

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* load SEED MILLISECONDS: opens, maps, forks and closes, until a signal ends it at that moment, wherever it is. */
void load(int argc, char **argv)
{
	uint64_t state = (uint64_t)atoll(argv[2]) * 0x9e3779b97f4a7c15u + 1;
	long life = 1000 * (1 + atol(argv[3]));
	struct itimerval last = { { 0, 0 }, { life / 1000000, life % 1000000 } };
	char *pages = memory(32 * PAGE, MAP_SHARED), buffer[4096];
	EQUAL(4, argc);

	memset(pages, 1, 32 * PAGE);
	EQUAL(0, setitimer(ITIMER_REAL, &last, NULL));
	for (;;) {
		int fd = open_iommu(), access, i;
		uint32_t ioas = ioas_alloc(fd);
		pid_t child = -1;

		if (next(&state) & 1)
			mock_domain(fd, ioas, NULL, NULL);
		access = create_access(fd, ioas);
		if (next(&state) % 4 == 0)
			child = fork();
		/* Children go with who is killed. */
		if (child == 0)
			prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (i = 0; i < 20; i++) {
			uint64_t iova = (1 + next(&state) % 64) * PAGE;
			size_t length = (1 + next(&state) % 16) * PAGE;
			struct fault_alloc queue = { .size = sizeof(queue) };

			switch (next(&state) % 5) {
			case 0:
				map_at(fd, ioas, pages, length, iova);
				break;
			case 1:
				unmap(fd, ioas, iova, length);
				break;
			case 2:
				access_rw(fd, access, iova, buffer, 1 + next(&state) % sizeof(buffer), (int)(next(&state) & 1));
				break;
			case 3:
				ioctl(fd, IOMMU_FAULT_QUEUE_ALLOC, &queue);
				if (next(&state) & 1)
					close((int)queue.out_fault_fd);
				break;
			default:
				destroy(fd, 1 + next(&state) % 8);
			}
		}
		if (child == 0)
			_exit(0);
		close(access);
		close(fd);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		for (i = 3; i < 200; i++)
			close(i);
	}
}

static int random_fd;
static long random_calls;

/* Numbers that are, or nearly; sizes that are, nearly, or not; ids and addresses that are small, near, or anything. */
static void *call_randomly(void *seed)
{
	static const uint32_t sizes[] = { 8, 12, 16, 20, 24, 32, 40, 48, 56, 64, 68, 72 };
	uint64_t state = (uint64_t)(uintptr_t)seed * 0x9e3779b97f4a7c15u + 7;
	uint32_t *words = memory(2 * PAGE, MAP_PRIVATE);
	char *pages = memory(64 * PAGE, MAP_PRIVATE);
	long i;
	int j;

	for (i = 0; i < random_calls; i++) {
		uint32_t number = next(&state) % 16 == 0 ? (uint32_t)next(&state) : 0x3b00 | (0x80 + next(&state) % 0x23);

		if (next(&state) % 8 == 0)
			number = 0x3b00 | (100 + next(&state) % 20);
		for (j = 0; j < 32; j++) {
			uint64_t kind = next(&state) % 8;
			words[j] = kind < 4 ? next(&state) % 6 : kind == 4 ? next(&state) % 256 : kind == 5 ? (uint32_t)next(&state) : 0;
			if (kind == 6 && j % 2 == 0) {
				uint64_t at = (uintptr_t)pages + next(&state) % 64 * PAGE;
				memcpy(words + j++, &at, sizeof(at));
			} else if (kind == 7) {
				words[j] = (uint32_t)(next(&state) % 64 * PAGE);
			}
		}
		words[0] = next(&state) % 8 == 0 ? (uint32_t)next(&state) % 200 : sizes[next(&state) % 12];
		if (number == IOMMU_TEST_CMD) {
			words[0] = 72;
			words[1] = 1 + next(&state) % 24;
		}
		ioctl(random_fd, number, next(&state) % 64 == 0 ? (void *)(uintptr_t)next(&state) : words);
		/* Event files and accesses come and go. */
		if (next(&state) % 64 == 0)
			close(random_fd + 1 + (int)(next(&state) % 64));
	}
	return NULL;
}

/* random_ioctls SEED CALLS: from four threads on one file. */
void random_ioctls(int argc, char **argv)
{
	pthread_t threads[4];
	long seed = atol(argv[2]), i;
	EQUAL(4, argc);

	random_calls = atol(argv[3]) / 4;
	random_fd = open_iommu();
	for (i = 0; i < 4; i++)
		EQUAL(0, pthread_create(&threads[i], NULL, call_randomly, (void *)(seed * 4 + i)));
	for (i = 0; i < 4; i++)
		EQUAL(0, pthread_join(threads[i], NULL));
	/* Nobody calls now: what it has made can be looked at. */
	meet();
}
