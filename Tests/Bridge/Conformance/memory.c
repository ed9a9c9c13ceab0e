/* The program's memory, as devices see it. */
#include "conformance.h"

#include <signal.h>
#include <sys/prctl.h>

#define REGION (2 * PAGE)
#define APERTURE (1ul << 24) /* the first IOVA that the mock device reaches */

void wild_pointers(int argc, char **argv)
{
	int fd = open_iommu();
	uint32_t ioas = ioas_alloc(fd);
	char *two = memory(2 * PAGE, MAP_PRIVATE);
	struct ioas_alloc *across = (void *)(two + PAGE - 8), *last = (void *)(two + PAGE - sizeof(*last));
	struct ioas_map call = { .size = sizeof(call), .flags = MAP_READABLE, .ioas_id = ioas, .length = PAGE };
	(void)argc, (void)argv;

	FAILS(EFAULT, ioctl(fd, IOMMU_IOAS_ALLOC, NULL));
	FAILS(EFAULT, ioctl(fd, IOMMU_IOAS_ALLOC, (void *)8));
	FAILS(EFAULT, ioctl(fd, IOMMU_IOAS_ALLOC, (void *)~7ul));
	FAILS(EFAULT, ioctl(fd, IOMMU_IOAS_ALLOC, (void *)(1ul << 63)));
	EQUAL(0, munmap(two + PAGE, PAGE));
	across->size = sizeof(*across);
	FAILS(EFAULT, ioctl(fd, IOMMU_IOAS_ALLOC, across));
	memset(last, 0, sizeof(*last));
	last->size = sizeof(*last);
	EQUAL(0, ioctl(fd, IOMMU_IOAS_ALLOC, last));
	EQUAL(ioas + 1, last->out_ioas_id);
	/* What is not mapped can be mapped, and fails when a device wants it. */
	mock_domain(fd, ioas, NULL, NULL);
	call.user_va = (uintptr_t)(two + PAGE);
	FAILS(EFAULT, ioctl(fd, IOMMU_IOAS_MAP, &call));
	call.user_va = 0;
	FAILS(EFAULT, ioctl(fd, IOMMU_IOAS_MAP, &call));
}

void read_only_memory(int argc, char **argv)
{
	int fd = open_iommu();
	struct ioas_alloc *alloc = memory(PAGE, MAP_PRIVATE);
	uint32_t first = ioas_alloc(fd);
	(void)argc, (void)argv;

	memset(alloc, 0, sizeof(*alloc));
	alloc->size = sizeof(*alloc);
	EQUAL(0, mprotect(alloc, PAGE, PROT_READ));
	FAILS(EFAULT, ioctl(fd, IOMMU_IOAS_ALLOC, alloc));
	/* It has left no object behind: the next number is the next. */
	EQUAL(first + 1, ioas_alloc(fd));
}

void lying_lengths(int argc, char **argv)
{
	static const uint64_t lengths[] = { 1ul << 30, 1ul << 40, 1ul << 46, 1ul << 62, ~0ul & ~(PAGE - 1) };
	int fd = open_iommu();
	uint32_t ioas = ioas_alloc(fd);
	char *pages = memory(4 * PAGE, MAP_PRIVATE);
	struct fault_alloc queue = { .size = sizeof(queue) };
	struct test_cmd refs = { .size = sizeof(refs), .op = TEST_MD_CHECK_REFS, .check_refs = { 1ul << 62, (uintptr_t)pages, 0 } };
	size_t i;
	int access;
	(void)argc, (void)argv;

	mock_domain(fd, ioas, NULL, NULL);
	access = create_access(fd, ioas);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct ioas_map call = { .size = sizeof(call), .flags = MAP_READABLE, .ioas_id = ioas, .user_va = (uintptr_t)pages,
					 .length = lengths[i] };
		EQUAL(-1, ioctl(fd, IOMMU_IOAS_MAP, &call));
		EQUAL(-1, access_rw(fd, access, APERTURE, pages, lengths[i], 0));
		EQUAL(-1, access_rw(fd, access, APERTURE, pages, lengths[i], 1));
	}
	EQUAL(-1, ioctl(fd, IOMMU_TEST_CMD, &refs));
	EQUAL(0, ioctl(fd, IOMMU_FAULT_QUEUE_ALLOC, &queue));
	/* No more than MAX_RW_COUNT is asked of a file, which is no whole number of faults. */
	FAILS(ESPIPE, read((int)queue.out_fault_fd, pages, (1ul << 40) / 40 * 40));
	EQUAL(-1, write((int)queue.out_fault_fd, pages, 1ul << 40));
	EQUAL(0, unmap(fd, ioas, 0, ~0ul));
}

void own_memory(int argc, char **argv)
{
	int fd = open_iommu();
	uint32_t ioas = ioas_alloc(fd), i;
	int access = create_access(fd, ioas);
	char *pages = memory(64 * PAGE, MAP_PRIVATE), *read = malloc(64 * PAGE);
	uint64_t iova;
	(void)argc, (void)argv;

	for (i = 0; i < 64 * PAGE; i++)
		pages[i] = (char)(i * 31 + i / 256);
	mock_domain(fd, ioas, NULL, NULL);
	EQUAL(0, map(fd, ioas, pages, 64 * PAGE, &iova));
	EQUAL(0, access_rw(fd, access, iova, read, 64 * PAGE, 0));
	EQUAL(0, memcmp(read, pages, 64 * PAGE));
	/* One copy: a store is seen, and a device's write is. */
	pages[5 * PAGE + 3] = 77;
	EQUAL(0, access_rw(fd, access, iova + 5 * PAGE + 3, read, 1, 0));
	EQUAL(77, read[0]);
	memset(read, 0x55, 3 * PAGE);
	EQUAL(0, access_rw(fd, access, iova + 17, read, 3 * PAGE, 1));
	EQUAL(0, memcmp(pages + 17, read, 3 * PAGE));
}

void shared_memory(int argc, char **argv)
{
	int fd = open_iommu();
	uint32_t ioas = ioas_alloc(fd);
	char *shared = memory(4 * PAGE, MAP_SHARED), *private = memory(4 * PAGE, MAP_PRIVATE);
	uint64_t iova;
	pid_t child;
	(void)argc, (void)argv;

	memset(shared, 1, 4 * PAGE);
	memset(private, 1, 4 * PAGE);
	mock_domain(fd, ioas, NULL, NULL);
	EQUAL(0, map(fd, ioas, shared, 4 * PAGE, &iova));
	EQUAL(0, map(fd, ioas, private, 4 * PAGE, &iova));
	child = fork();
	if (child == 0) {
		/* The shared pages are the same ones; the private ones are the child's own. */
		EQUAL(0, check_refs(fd, shared, 4 * PAGE, 1));
		EQUAL(0, check_refs(fd, private, 4 * PAGE, 0));
		EQUAL(0, map(fd, ioas, shared, 4 * PAGE, &iova));
		EQUAL(0, check_refs(fd, shared, 4 * PAGE, 2));
		exit(0);
	}
	end_well(child);
	/* What the child has mapped stays mapped, and pinned. */
	EQUAL(0, check_refs(fd, shared, 4 * PAGE, 2));
	EQUAL(0, check_refs(fd, private, 4 * PAGE, 1));
	close(fd);
}

void memfd_pages(int argc, char **argv)
{
	int fd = open_iommu(), file = memfd_create("pages", 0), none = open("/proc/self/exe", O_RDONLY);
	uint32_t ioas = ioas_alloc(fd);
	int access = create_access(fd, ioas);
	struct ioas_map_file call = { .size = sizeof(call), .flags = MAP_WRITEABLE | MAP_READABLE, .ioas_id = ioas, .fd = file,
				      .length = 8 * PAGE };
	char *mapped, read[8];
	uint64_t iova;
	(void)argc, (void)argv;

	EQUAL(0, ftruncate(file, 8 * PAGE));
	mapped = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	TRUE(mapped != MAP_FAILED);
	mock_domain(fd, ioas, NULL, NULL);
	EQUAL(0, ioctl(fd, IOMMU_IOAS_MAP_FILE, &call));
	EQUAL(0, check_refs(fd, mapped, 8 * PAGE, 1));
	/* The same pages by address: another pin of each, and one copy. */
	EQUAL(0, map(fd, ioas, mapped, 8 * PAGE, &iova));
	EQUAL(0, check_refs(fd, mapped, 8 * PAGE, 2));
	close(file);
	strcpy(mapped + 3 * PAGE, "hello");
	EQUAL(0, access_rw(fd, access, call.iova + 3 * PAGE, read, 6, 0));
	EQUAL(0, strcmp(read, "hello"));
	EQUAL(0, munmap(mapped, 8 * PAGE));
	EQUAL(0, access_rw(fd, access, call.iova + 3 * PAGE, read, 6, 0));
	EQUAL(0, strcmp(read, "hello"));
	call.fd = none;
	FAILS(EINVAL, ioctl(fd, IOMMU_IOAS_MAP_FILE, &call));
	call.fd = 999;
	FAILS(EBADF, ioctl(fd, IOMMU_IOAS_MAP_FILE, &call));
}

void pinned_counters(int argc, char **argv)
{
	int fd = open_iommu();
	uint32_t ioas = ioas_alloc(fd);
	char *pages = memory(16 * PAGE, MAP_PRIVATE);
	(void)argc, (void)argv;

	EQUAL(0, status_kib(getpid(), "VmPin:"));
	EQUAL(0, map_at(fd, ioas, pages, 16 * PAGE, APERTURE));
	/* Nothing is pinned until a device can reach it. */
	EQUAL(0, status_kib(getpid(), "VmPin:"));
	mock_domain(fd, ioas, NULL, NULL);
	EQUAL(64, status_kib(getpid(), "VmPin:"));
	EQUAL(0, unmap(fd, ioas, APERTURE, 16 * PAGE));
	EQUAL(0, status_kib(getpid(), "VmPin:"));
	EQUAL(0, status_kib(getppid(), "VmPin:"));
	TRUE(status_kib(getpid(), "VmRSS:") > 0);
}

static uint32_t *map_region(int fd, uint32_t *viommu, uint64_t *offset)
{
	struct hwpt_alloc parent = { .size = sizeof(parent), .flags = HWPT_NEST_PARENT };
	struct viommu_selftest data = { .in_data = 0xbeef };
	struct viommu_alloc alloc = { .size = sizeof(alloc), .type = VIOMMU_SELFTEST, .data_len = sizeof(data),
				      .data_uptr = (uintptr_t)&data };
	uint32_t ioas = ioas_alloc(fd), *region;

	mock_domain(fd, ioas, NULL, &parent.dev_id);
	parent.pt_id = ioas;
	EQUAL(0, ioctl(fd, IOMMU_HWPT_ALLOC, &parent));
	alloc.dev_id = parent.dev_id;
	alloc.hwpt_id = parent.out_hwpt_id;
	EQUAL(0, ioctl(fd, IOMMU_VIOMMU_ALLOC, &alloc));
	EQUAL(0xbeef, data.out_data);
	EQUAL(REGION, data.out_mmap_length);
	*viommu = alloc.out_viommu_id;
	*offset = data.out_mmap_offset;
	region = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)data.out_mmap_offset);
	TRUE(region != MAP_FAILED);
	return region;
}

void region_mapped(int argc, char **argv)
{
	int fd = open_iommu(), tell[2];
	uint32_t viommu, *region, *again;
	uint64_t offset;
	pid_t child;
	char byte;
	(void)argc, (void)argv;

	region = map_region(fd, &viommu, &offset);
	EQUAL(0xbeef, *region);
	TRUE(mmap(NULL, REGION, PROT_READ, MAP_PRIVATE, fd, (off_t)offset) == MAP_FAILED);
	EQUAL(EINVAL, errno);
	TRUE(mmap(NULL, REGION, PROT_READ | PROT_EXEC, MAP_SHARED, fd, (off_t)offset) == MAP_FAILED);
	EQUAL(EPERM, errno);
	TRUE(mmap(NULL, REGION, PROT_READ, MAP_SHARED, fd, (off_t)(offset + PAGE)) == MAP_FAILED);
	EQUAL(ENXIO, errno);
	again = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
	TRUE(again != MAP_FAILED);
	region[9] = 4711;
	EQUAL(4711, again[9]);
	FAILS(EBUSY, destroy(fd, viommu));
	EQUAL(0, munmap(region, REGION));
	FAILS(EBUSY, destroy(fd, viommu));
	/* A child has it mapped too. */
	EQUAL(0, pipe(tell));
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(tell[1]);
		EQUAL(0xbeef, *again);
		TRUE(read(tell[0], &byte, 1) <= 0);
		exit(0);
	}
	close(tell[0]);
	EQUAL(0, munmap(again, REGION));
	FAILS(EBUSY, destroy(fd, viommu));
	close(tell[1]);
	end_well(child);
	EQUAL(0, destroy(fd, viommu));
}

void region_outlives(int argc, char **argv)
{
	int fd = open_iommu(), i;
	char *pages = memory(PAGE, MAP_PRIVATE);
	uint32_t viommu, *region, ioas;
	uint64_t offset, iova;
	(void)argc, (void)argv;

	region = map_region(fd, &viommu, &offset);
	ioas = ioas_alloc(fd);
	mock_domain(fd, ioas, NULL, NULL);
	EQUAL(0, map(fd, ioas, pages, PAGE, &iova));
	close(fd);
	/* The mapping keeps the file, and what it has pinned. */
	EQUAL(4, status_kib(getpid(), "VmPin:"));
	EQUAL(0xbeef, *region);
	EQUAL(0, munmap(region, REGION));
	for (i = 0; status_kib(getpid(), "VmPin:") != 0 && i < 500; i++)
		usleep(10000);
	EQUAL(0, status_kib(getpid(), "VmPin:"));
}
