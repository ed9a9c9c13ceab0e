/* Open files: what copies of a descriptor share, and when the last one is closed. */
#include "conformance.h"

#include <sys/resource.h>
#include <sys/socket.h>

void dup_shares(int argc, char **argv)
{
	int fd = open_iommu(), copy, other = open_iommu();
	uint32_t ioas = ioas_alloc(fd);
	(void)argc, (void)argv;

	copy = dup(fd);
	TRUE(copy >= 0);
	close(fd);
	EQUAL(0, destroy(copy, ioas));
	FAILS(ENOENT, destroy(other, ioas));
	TRUE(dup2(other, copy) == copy);
	/* The first file had its last copy there: its number 1 is gone with it. */
	EQUAL(ioas, ioas_alloc(copy));
	EQUAL(0, destroy(other, ioas));
	close(copy);
	close(other);
	FAILS(EBADF, destroy(other, ioas));
}

void fork_shares(int argc, char **argv)
{
	int fd = open_iommu();
	uint32_t ioas = ioas_alloc(fd);
	int access = create_access(fd, ioas);
	char *own = memory(PAGE, MAP_PRIVATE), read[16];
	pid_t child;
	(void)argc, (void)argv;

	strcpy(own, "parent");
	child = fork();
	if (child == 0) {
		/* Its own memory at the same address; its calls are on the same objects. */
		strcpy(own, "child");
		EQUAL(0, map_at(fd, ioas, own, PAGE, 0x10000));
		EQUAL(0, access_rw(fd, access, 0x10000, read, sizeof(read), 0));
		EQUAL(0, strcmp(read, "child"));
		EQUAL(0, unmap(fd, ioas, 0x10000, PAGE));
		exit(0);
	}
	end_well(child);
	EQUAL(0, map_at(fd, ioas, own, PAGE, 0x10000));
	EQUAL(0, access_rw(fd, access, 0x10000, read, sizeof(read), 0));
	EQUAL(0, strcmp(read, "parent"));
}

void send_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(rights), &fd, sizeof(int));
	EQUAL(1, sendmsg(socket, &message, 0));
}

int receive_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	int fd;

	EQUAL(1, recvmsg(socket, &message, 0));
	TRUE(CMSG_FIRSTHDR(&message) != NULL);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return fd;
}

void passing_shares(int argc, char **argv)
{
	int pair[2], fd;
	uint32_t ioas;
	pid_t child;
	(void)argc, (void)argv;

	EQUAL(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	child = fork();
	if (child == 0) {
		fd = receive_fd(pair[1]);
		/* The sender has closed its own before it sent this. */
		EQUAL(1, read(pair[1], &ioas, 1));
		EQUAL(1, ioas_alloc(fd) == 2);
		EQUAL(0, destroy(fd, 1));
		exit(0);
	}
	fd = open_iommu();
	ioas = ioas_alloc(fd);
	EQUAL(1, ioas);
	send_fd(pair[0], fd);
	close(fd);
	EQUAL(1, write(pair[0], "", 1));
	end_well(child);
}

void close_takes_effect(int argc, char **argv)
{
	void *pages = memory(8 * PAGE, MAP_PRIVATE);
	uint64_t iova;
	int i;
	(void)argc, (void)argv;

	for (i = 0; i < 50; i++) {
		int fd = open_iommu();
		uint32_t ioas = ioas_alloc(fd);
		mock_domain(fd, ioas, NULL, NULL);
		EQUAL(0, map(fd, ioas, pages, 8 * PAGE, &iova));
		EQUAL(0, check_refs(fd, pages, 8 * PAGE, 1));
		close(fd);
		fd = open_iommu();
		EQUAL(0, check_refs(fd, pages, 8 * PAGE, 0));
		close(fd);
		EQUAL(0, status_kib(getpid(), "VmPin:"));
	}
}

void exit_takes_effect(int argc, char **argv)
{
	void *pages = memory(8 * PAGE, MAP_SHARED);
	int i;
	(void)argc, (void)argv;

	memset(pages, 1, 8 * PAGE);
	for (i = 0; i < 20; i++) {
		int fd;
		pid_t child = fork();
		if (child == 0) {
			uint64_t iova;
			uint32_t ioas;
			fd = open_iommu();
			ioas = ioas_alloc(fd);
			mock_domain(fd, ioas, NULL, NULL);
			EQUAL(0, map(fd, ioas, pages, 8 * PAGE, &iova));
			EQUAL(0, check_refs(fd, pages, 8 * PAGE, 1));
			_exit(0);
		}
		end_well(child);
		fd = open_iommu();
		EQUAL(0, check_refs(fd, pages, 8 * PAGE, 0));
		close(fd);
	}
}

void exec_self(char *self, int fd, const char *expect)
{
	char number[16];
	snprintf(number, sizeof(number), "%d", fd);
	execl(self, self, "after_exec", number, expect, (char *)NULL);
	FAIL("exec %s: %s", self, strerror(errno));
}

void after_exec(int argc, char **argv)
{
	int fd = atoi(argv[2]);
	EQUAL(4, argc);
	if (strcmp(argv[3], "outlives") == 0)
		go_on_after_exec(fd);
	else if (strcmp(argv[3], "open") == 0)
		EQUAL(0, destroy(fd, 1));
	else
		FAILS(EBADF, fcntl(fd, F_GETFD));
}

void exec_closes(int argc, char **argv)
{
	int fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	(void)argc;
	ioas_alloc(fd);
	exec_self(argv[0], fd, "closed");
}

void exec_keeps(int argc, char **argv)
{
	int fd = open_iommu();
	(void)argc;
	ioas_alloc(fd);
	exec_self(argv[0], fd, "open");
}

/* A program may close every descriptor that it does not know, those of the shim with them. */
void own_descriptors(int argc, char **argv)
{
	int fd = open_iommu(), i;
	uint32_t ioas = ioas_alloc(fd);
	(void)argc, (void)argv;

	for (i = 3; i < 1024; i++)
		if (i != fd)
			close(i);
	EQUAL(0, destroy(fd, ioas));
	/* Others of its own at their numbers are not mistaken for them. */
	for (i = 3; i < 1024; i++)
		if (i != fd)
			dup2(0, i);
	ioas = ioas_alloc(fd);
	EQUAL(0, destroy(fd, ioas));
}

void no_descriptors(int argc, char **argv)
{
	int fd = open_iommu(), full = 0;
	struct fault_alloc alloc = { .size = sizeof(alloc) };
	struct rlimit limit;
	(void)argc, (void)argv;

	ioas_alloc(fd);
	EQUAL(0, getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 64;
	EQUAL(0, setrlimit(RLIMIT_NOFILE, &limit));
	while (full >= 0)
		full = dup(0);
	EQUAL(EMFILE, errno);
	FAILS(EMFILE, ioctl(fd, IOMMU_FAULT_QUEUE_ALLOC, &alloc));
	FAILS(EMFILE, open("/dev/iommu", O_RDWR));
	close(63);
	EQUAL(0, ioctl(fd, IOMMU_FAULT_QUEUE_ALLOC, &alloc));
	EQUAL(63, alloc.out_fault_fd);
}

void other_files(int argc, char **argv)
{
	int pair[2], fd;
	char byte;
	(void)argc, (void)argv;

	EQUAL(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	EQUAL(1, write(pair[0], "x", 1));
	EQUAL(1, read(pair[1], &byte, 1));
	FAILS(ENOTTY, ioctl(pair[0], IOMMU_IOAS_ALLOC, &byte));
	fd = open("/dev/zero", O_RDWR);
	EQUAL(1, read(fd, &byte, 1));
	EQUAL(1, pread(fd, &byte, 1, 0));
	TRUE(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	FAILS(ENOENT, open("/dev/iommu/none", O_RDWR));
	fd = open_iommu();
	FAILS(ENOTTY, ioctl(fd, _IO(';', 0x7f), NULL));
	FAILS(EINVAL, read(fd, &byte, 1));
}

void vfio_node(int argc, char **argv)
{
	int fd = open("/dev/vfio/vfio", O_RDWR);
	(void)argc, (void)argv;
	TRUE(fd >= 0);
	EQUAL(0, ioctl(fd, VFIO_GET_API_VERSION));
	EQUAL(1, ioctl(fd, VFIO_CHECK_EXTENSION, 3ul)); /* VFIO_TYPE1v2_IOMMU */
	EQUAL(0, ioctl(fd, VFIO_CHECK_EXTENSION, 77ul));
}

/* Accesses and dma-bufs are files; while an access is open, so is the context. */
void held_files(int argc, char **argv)
{
	int fd = open_iommu(), access, buffer;
	uint32_t ioas = ioas_alloc(fd);
	struct test_cmd get = { .size = sizeof(get), .op = TEST_DMABUF_GET, .dmabuf_get = { PAGE, 0 } };
	struct ioas_map_file file = { .size = sizeof(file), .flags = MAP_WRITEABLE | MAP_READABLE, .ioas_id = ioas, .length = PAGE };
	(void)argc, (void)argv;

	mock_domain(fd, ioas, NULL, NULL);
	access = create_access(fd, ioas);
	TRUE(fcntl(access, F_GETFD) & FD_CLOEXEC);
	FAILS(EBUSY, destroy(fd, ioas));
	buffer = ioctl(fd, IOMMU_TEST_CMD, &get);
	TRUE(buffer >= 0);
	file.fd = dup(buffer);
	close(buffer);
	EQUAL(0, ioctl(fd, IOMMU_IOAS_MAP_FILE, &file));
	close(file.fd);
	FAILS(EBADF, ioctl(fd, IOMMU_IOAS_MAP_FILE, &file));
	EQUAL(0, unmap(fd, ioas, file.iova, PAGE));
	close(access);
	FAILS(EBUSY, destroy(fd, ioas)); /* the mock device */
}
