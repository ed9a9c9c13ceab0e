#include "conformance.h"

void *volatile nowhere = (void *)16;

int open_iommu(void)
{
	int fd = open("/dev/iommu", O_RDWR);
	if (fd < 0)
		FAIL("open /dev/iommu: %s", strerror(errno));
	return fd;
}

uint32_t ioas_alloc(int fd)
{
	struct ioas_alloc alloc = { .size = sizeof(alloc) };
	EQUAL(0, ioctl(fd, IOMMU_IOAS_ALLOC, &alloc));
	return alloc.out_ioas_id;
}

int destroy(int fd, uint32_t id)
{
	struct destroy call = { sizeof(call), id };
	return ioctl(fd, IOMMU_DESTROY, &call);
}

int map(int fd, uint32_t ioas, void *from, size_t length, uint64_t *iova)
{
	struct ioas_map call = { .size = sizeof(call), .flags = MAP_WRITEABLE | MAP_READABLE, .ioas_id = ioas,
				 .user_va = (uintptr_t)from, .length = length };
	int result = ioctl(fd, IOMMU_IOAS_MAP, &call);
	*iova = call.iova;
	return result;
}

int map_at(int fd, uint32_t ioas, void *from, size_t length, uint64_t iova)
{
	struct ioas_map call = { .size = sizeof(call), .flags = MAP_FIXED_IOVA | MAP_WRITEABLE | MAP_READABLE, .ioas_id = ioas,
				 .user_va = (uintptr_t)from, .length = length, .iova = iova };
	return ioctl(fd, IOMMU_IOAS_MAP, &call);
}

int unmap(int fd, uint32_t ioas, uint64_t iova, size_t length)
{
	struct ioas_unmap call = { .size = sizeof(call), .ioas_id = ioas, .iova = iova, .length = length };
	return ioctl(fd, IOMMU_IOAS_UNMAP, &call);
}

uint32_t mock_domain(int fd, uint32_t ioas, uint32_t *stdev, uint32_t *device)
{
	struct test_cmd call = { .size = sizeof(call), .op = TEST_MOCK_DOMAIN, .id = ioas };
	EQUAL(0, ioctl(fd, IOMMU_TEST_CMD, &call));
	if (stdev)
		*stdev = call.mock_domain.out_stdev_id;
	if (device)
		*device = call.mock_domain.out_idev_id;
	return call.mock_domain.out_hwpt_id;
}

int create_access(int fd, uint32_t ioas)
{
	struct test_cmd call = { .size = sizeof(call), .op = TEST_CREATE_ACCESS, .id = ioas };
	EQUAL(0, ioctl(fd, IOMMU_TEST_CMD, &call));
	return (int)call.create_access.out_access_fd;
}

int access_rw(int fd, int access, uint64_t iova, void *buffer, size_t length, int write)
{
	struct test_cmd call = { .size = sizeof(call), .op = TEST_ACCESS_RW, .id = (uint32_t)access,
				 .access_rw = { iova, length, (uintptr_t)buffer, write ? 1 : 0 } };
	return ioctl(fd, IOMMU_TEST_CMD, &call);
}

int check_refs(int fd, void *from, size_t length, unsigned int refs)
{
	struct test_cmd call = { .size = sizeof(call), .op = TEST_MD_CHECK_REFS, .check_refs = { length, (uintptr_t)from, refs } };
	return ioctl(fd, IOMMU_TEST_CMD, &call);
}

void *memory(size_t length, int flags)
{
	void *mapped = mmap(NULL, length, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
	TRUE(mapped != MAP_FAILED);
	return mapped;
}

long status_kib(int pid, const char *label)
{
	char path[64], line[256];
	long kib = -1;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "r");
	TRUE(status != NULL);
	while (kib < 0 && fgets(line, sizeof(line), status))
		if (strncmp(line, label, strlen(label)) == 0)
			kib = strtol(line + strlen(label), NULL, 10);
	fclose(status);
	return kib;
}

void meet(void)
{
	char byte;
	EQUAL(6, write(1, "ready\n", 6));
	TRUE(read(0, &byte, 1) >= 0);
}

void end_well(pid_t child)
{
	int status;
	EQUAL(child, waitpid(child, &status, 0));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		FAIL("the child ended with status 0x%x", status);
}
