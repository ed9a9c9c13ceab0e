/*
 * Preloaded into a program, turns its /dev/iommu and /dev/vfio/vfio into sockets to the simulator (IOMMU_SOCKET names it).
 * Nothing else of the program changes. The C library's functions are replaced by name, and call the originals.
 *
 * What a descriptor is is asked of the kernel at each call: a table in here would be wrong after dup(), fork(), exec() or a
 * descriptor passed by another process.
 */
#define _GNU_SOURCE
#include "protocol.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* The C library's function of that name, looked up once. */
#define ORIGINAL(name)                                                    \
	(__extension__({                                                  \
		static __typeof__(&name) found;                           \
		if (!found)                                               \
			found = (__typeof__(&name))original(#name);       \
		found;                                                    \
	}))
#define HIGH_DESCRIPTOR 600 /* own descriptors stay away from the numbers that a program expects to get */

static void *original(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);
	if (!found)
		abort();
	return found;
}

/* The socket of the simulator as the program was started with it; NULL when this program is to be left alone. */
static const char *socket_path(void)
{
	static char known[sizeof(((struct sockaddr_un *)0)->sun_path)];
	static int asked;
	const char *path;

	if (!__atomic_load_n(&asked, __ATOMIC_ACQUIRE)) {
		path = getenv("IOMMU_SOCKET");
		if (path && strlen(path) < sizeof(known))
			strcpy(known, path);
		__atomic_store_n(&asked, 1, __ATOMIC_RELEASE);
	}
	return *known ? known : NULL;
}

/*
 * Files that were opened here are connected to the simulator's path; those that a call has opened to an abstract address, which is a zero,
 * that path, '#' and a number.
 */
static int is_ours(int fd)
{
	struct sockaddr_un peer;
	socklen_t length = sizeof(peer);
	const char *path = socket_path();
	int saved = errno, ours = 0;
	size_t size;

	memset(&peer, 0, sizeof(peer));
	if (path && fd >= 0 && getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && peer.sun_family == AF_UNIX) {
		size = strlen(path);
		ours = strcmp(peer.sun_path, path) == 0 ||
		       (size + 2 < sizeof(peer.sun_path) && peer.sun_path[0] == 0 && memcmp(peer.sun_path + 1, path, size) == 0 &&
			peer.sun_path[size + 1] == '#');
	}
	errno = saved;
	return ours;
}

/* The first of a program's processes: what it starts inherits the number. */
static uint32_t program;

/* How long a call waits for a simulator that has gone to come back (IOMMU_RECONNECT, in seconds); 0 for not at all. */
static int64_t patience_ms;

static __attribute__((constructor)) void find_program(void)
{
	const char *inherited = getenv("IOMMU_PROGRAM"), *patience = getenv("IOMMU_RECONNECT");
	char number[16];

	if (!socket_path())
		return;
	patience_ms = patience ? 1000 * (int64_t)strtoul(patience, NULL, 10) : 0;
	program = inherited ? (uint32_t)strtoul(inherited, NULL, 10) : (uint32_t)getpid();
	snprintf(number, sizeof(number), "%u", program);
	setenv("IOMMU_PROGRAM", number, 0);
}

static pid_t admitted_by;

/* Lets the simulator reach this process's memory also where only parents may (Yama's ptrace_scope). */
static void admit_simulator(int fd)
{
	struct ucred simulator;
	socklen_t length = sizeof(simulator);

	if (__atomic_load_n(&admitted_by, __ATOMIC_RELAXED) == getpid())
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &simulator, &length) == 0)
		prctl(PR_SET_PTRACER, (unsigned long)simulator.pid, 0, 0, 0);
	__atomic_store_n(&admitted_by, getpid(), __ATOMIC_RELAXED);
}

/* ---- Where answers come in: a pair of sockets for each thread, of which one end goes along with each request. ---- */

struct channel {
	int mine, theirs;
	ino_t mine_inode, theirs_inode;
	pid_t process;
	int busy; /* a signal handler may ask while its thread waits for an answer */
};

static __thread struct channel thread_channel = { -1, -1, 0, 0, 0, 0 };
static __thread uint64_t thread_sequence;
static pthread_key_t channel_key;
static pthread_once_t channel_once = PTHREAD_ONCE_INIT;

static ino_t inode_of(int fd)
{
	struct stat st;
	return fd >= 0 && fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static int move_up(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_DESCRIPTOR);
	if (high < 0)
		return fd;
	syscall(SYS_close, fd);
	return high;
}

static int channel_make(struct channel *channel)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	channel->mine = move_up(pair[0]);
	channel->theirs = move_up(pair[1]);
	channel->mine_inode = inode_of(channel->mine);
	channel->theirs_inode = inode_of(channel->theirs);
	channel->process = getpid();
	return 0;
}

/* Only what is still ours: the program may have closed our descriptors, and be using their numbers. */
static void channel_drop(struct channel *channel)
{
	if (channel->mine >= 0 && inode_of(channel->mine) == channel->mine_inode)
		syscall(SYS_close, channel->mine);
	if (channel->theirs >= 0 && inode_of(channel->theirs) == channel->theirs_inode)
		syscall(SYS_close, channel->theirs);
	channel->mine = channel->theirs = -1;
}

static void channel_thread_ends(void *channel)
{
	channel_drop(channel);
}

static void channel_key_make(void)
{
	pthread_key_create(&channel_key, channel_thread_ends);
}

static int channel_usable(const struct channel *channel)
{
	return channel->mine >= 0 && channel->process == getpid() && inode_of(channel->mine) == channel->mine_inode &&
	       inode_of(channel->theirs) == channel->theirs_inode;
}

/* The thread's channel, or a fresh one in *nested while that is in use. A child of fork() must not read its parent's answers. */
static struct channel *channel_take(struct channel *nested)
{
	struct channel *channel = &thread_channel;
	if (channel->busy && channel->process == getpid()) {
		memset(nested, 0, sizeof(*nested));
		return channel_make(nested) == 0 ? nested : NULL;
	}
	channel->busy = 0;
	if (!channel_usable(channel)) {
		channel_drop(channel);
		if (channel_make(channel) < 0)
			return NULL;
		pthread_once(&channel_once, channel_key_make);
		pthread_setspecific(channel_key, channel);
	}
	channel->busy = 1;
	return channel;
}

static void channel_give(struct channel *channel, struct channel *nested)
{
	if (channel == nested)
		channel_drop(nested);
	else
		channel->busy = 0;
}

/* ---- One request and its answer. ---- */

#define SENT_MAX 3

/* 0, or -1 with errno. */
static int send_request(int fd, const struct iommu_shim_request *request, const int *descriptors, size_t count)
{
	union {
		char bytes[CMSG_SPACE(SENT_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { (void *)request, sizeof(*request) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
				  .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	ssize_t sent;

	memset(&control, 0, sizeof(control));
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(rights), descriptors, count * sizeof(int));
	do
		sent = sendmsg(fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)sizeof(*request) ? 0 : -1;
}

/* One message of the simulator; -1 when it is gone. *came is a descriptor that it brought, or -1. */
static int receive_message(int fd, int from, struct iommu_shim_reply *reply, int *came)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { reply, sizeof(*reply) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes) };
	struct pollfd wait[2] = { { from, POLLIN, 0 }, { fd, 0, 0 } };
	struct cmsghdr *rights;
	ssize_t length;

	for (;;) {
		if (ORIGINAL(poll)(wait, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (!(wait[0].revents & POLLIN))
			return -1;
		length = recvmsg(from, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
		if (length >= 0)
			break;
		if (errno != EINTR && errno != EAGAIN)
			return -1;
		message.msg_controllen = sizeof(control.bytes);
	}
	*came = -1;
	rights = CMSG_FIRSTHDR(&message);
	if (rights && rights->cmsg_type == SCM_RIGHTS)
		memcpy(came, CMSG_DATA(rights), sizeof(int));
	return length == (ssize_t)sizeof(*reply) && reply->magic == IOMMU_SHIM_MAGIC ? 0 : -1;
}

/* Returns -1 when the simulator is gone. *received is a descriptor that came along, or -1. */
static int receive_reply(int fd, struct channel *channel, uint64_t sequence, struct iommu_shim_reply *reply, int *received)
{
	int came;

	*received = -1;
	for (;;) {
		if (receive_message(fd, channel->mine, reply, &came) < 0)
			return -1;
		if (reply->sequence != sequence) {
			/* The answer to a call that was left by longjmp(). */
			if (came >= 0)
				syscall(SYS_close, came);
		} else if (reply->flags & IOMMU_SHIM_FD_COMES) {
			*received = came;
		} else {
			return 0;
		}
	}
}

/* Where it is stored was writable when the simulator wrote there; another thread may have unmapped it since. */
static int store_number(uint64_t address, int number)
{
	struct iovec here = { &number, sizeof(number) }, there = { (void *)(uintptr_t)address, sizeof(number) };
	return process_vm_writev(getpid(), &here, 1, &there, 1, 0) == sizeof(number) ? 0 : -1;
}

/* What became of a request. */
enum fate {
	ANSWERED,
	NEVER_SENT, /* the simulator had gone before */
	UNKNOWN     /* it has gone meanwhile, and may have done it */
};

/* Sockets that go along with a request, behind the one to answer on; -1 for none. */
struct companions {
	int own, dead;
};

/* The result, negative for an errno. A descriptor that is not part of the result is left in *received. */
static int64_t ask_once(int fd, struct iommu_shim_request *request, struct companions along, int *received, enum fate *fate)
{
	struct iommu_shim_reply reply;
	struct channel nested, *channel = channel_take(&nested);
	int64_t result = -EIO;
	int came = -1, sent[SENT_MAX];
	size_t count = 1;

	*fate = ANSWERED;
	*received = -1;
	if (!channel)
		return -ENOMEM;
	admit_simulator(fd);
	request->magic = IOMMU_SHIM_MAGIC;
	request->sequence = ++thread_sequence;
	request->thread = (uint32_t)syscall(SYS_gettid);
	request->program = program;
	sent[0] = channel->theirs;
	if (along.own >= 0)
		sent[count++] = along.own;
	if (along.dead >= 0)
		sent[count++] = along.dead;
	if (send_request(fd, request, sent, count) < 0) {
		*fate = errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN || errno == ECONNREFUSED ? NEVER_SENT : ANSWERED;
	} else if (receive_reply(fd, channel, request->sequence, &reply, &came) < 0) {
		*fate = UNKNOWN;
	} else {
		result = reply.result;
		if (result >= 0 && reply.flags && came < 0) {
			result = -EMFILE;
		} else if (result >= 0 && (reply.flags & IOMMU_SHIM_FD_IS_RESULT)) {
			result = came;
			came = -1;
		} else if (result >= 0 && (reply.flags & IOMMU_SHIM_FD_IS_STORED)) {
			if (store_number(reply.fd_address, came) < 0)
				result = -EFAULT;
			else
				came = -1;
		}
	}
	channel_give(channel, &nested);
	*received = came;
	return result;
}

static long as_libc(int64_t result)
{
	if (result >= 0)
		return (long)result;
	errno = (int)-result;
	return -1;
}

static int connect_simulator(int flags)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | flags, 0);

	if (fd < 0)
		return -1;
	strcpy(address.sun_path, socket_path());
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	syscall(SYS_close, fd);
	errno = ENODEV;
	return -1;
}

/* ---- A simulator that has gone, and may come back. ---- */

/* When it was first missed, by CLOCK_MONOTONIC; 0 while it is there. */
static int64_t missed_at_ms;

static void simulator_is_there(void)
{
	__atomic_store_n(&missed_at_ms, 0, __ATOMIC_RELAXED);
}

/* Waits a little. 0 when it has been missed for too long: whoever asks then has one look, and does not wait. */
static int wait_for_simulator(int tries)
{
	struct timespec now, pause = { 0, 1000000L * (tries < 5 ? 10 : 100) };
	int64_t now_ms, none = 0;

	if (!patience_ms)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ms = now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (!__atomic_compare_exchange_n(&missed_at_ms, &none, now_ms, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED) &&
	    now_ms - none > patience_ms)
		return 0;
	nanosleep(&pause, NULL);
	return 1;
}

/* What an epoll has of a socket: it would forget that with the socket, and never tell of the one that comes in its place. */
struct epoll_watch {
	int epoll;
	struct epoll_event event;
};

#define EPOLL_WATCHES_MAX 16

/* Adds what this epoll has of the descriptor (proc_pid_fdinfo(5)). Not by stdio: a signal handler may be what calls. */
static size_t add_watches(int epoll, int fd, ino_t inode, struct epoll_watch *watches, size_t count)
{
	char path[64], text[1024], *line, *end;
	unsigned long long data, at_inode;
	unsigned int events;
	size_t filled = 0;
	ssize_t got;
	int watched, info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", epoll);
	info = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	while (info >= 0 && (got = syscall(SYS_read, info, text + filled, sizeof(text) - 1 - filled)) > 0) {
		filled += (size_t)got;
		text[filled] = 0;
		for (line = text; (end = strchr(line, '\n')); line = end + 1) {
			if (sscanf(line, "tfd: %d events: %x data: %llx pos:%*d ino:%llx", &watched, &events, &data, &at_inode) != 4 ||
			    watched != fd || at_inode != inode || count == EPOLL_WATCHES_MAX)
				continue;
			watches[count].epoll = epoll;
			watches[count].event.events = events;
			watches[count++].event.data.u64 = data;
		}
		filled = strlen(line);
		memmove(text, line, filled);
	}
	if (info >= 0)
		syscall(SYS_close, info);
	return count;
}

/* What all epolls of this process have of the descriptor. */
static size_t find_watches(int fd, ino_t inode, struct epoll_watch *watches)
{
	struct entry {
		uint64_t inode, offset;
		uint16_t length;
		uint8_t type;
		char name[];
	} const *entry;
	static const char epoll[] = "anon_inode:[eventpoll]";
	char entries[1024] __attribute__((aligned(8))), link[sizeof(epoll)];
	int folder = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	size_t count = 0;
	long got, at;

	while (folder >= 0 && (got = syscall(SYS_getdents64, folder, entries, sizeof(entries))) > 0) {
		for (at = 0; at < got; at += entry->length) {
			entry = (const struct entry *)(entries + at);
			if (readlinkat(folder, entry->name, link, sizeof(link)) == sizeof(epoll) - 1 &&
			    memcmp(link, epoll, sizeof(epoll) - 1) == 0)
				count = add_watches(atoi(entry->name), fd, inode, watches, count);
		}
	}
	if (folder >= 0)
		syscall(SYS_close, folder);
	return count;
}

/* The fresh socket has the descriptor's number, flags and watches from now on. */
static void put_in_place(int fresh, int fd, ino_t dead, int flags)
{
	struct epoll_watch watches[EPOLL_WATCHES_MAX];
	size_t count = find_watches(fd, dead, watches), i;

	fcntl(fresh, F_SETFL, fcntl(fd, F_GETFL));
	for (i = 0; i < count; i++)
		epoll_ctl(watches[i].epoll, EPOLL_CTL_DEL, fd, NULL);
	syscall(SYS_dup3, fresh, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
	for (i = 0; i < count; i++)
		epoll_ctl(watches[i].epoll, EPOLL_CTL_ADD, fd, &watches[i].event);
}

static int is_hung_up(int fd)
{
	struct pollfd look = { fd, 0, 0 };
	return ORIGINAL(poll)(&look, 1, 0) == 1 && (look.revents & POLLHUP);
}

/*
 * Another simulator takes over the file: this descriptor names a socket of its. Copies of it do that for themselves, when they are used.
 * -1 when there is none, or the file is lost.
 */
static int take_back(int fd)
{
	struct iommu_shim_request request = { .op = IOMMU_SHIM_TAKE_BACK };
	ino_t dead = inode_of(fd);
	int fresh, came, tries, flags;
	int64_t result = -EIO;
	enum fate fate = UNKNOWN;

	for (tries = 0; fate != ANSWERED; tries++) {
		/* Another thread has done it. */
		if (!is_hung_up(fd))
			return 0;
		__atomic_store_n(&admitted_by, 0, __ATOMIC_RELAXED);
		fresh = connect_simulator(SOCK_CLOEXEC);
		if (fresh >= 0) {
			fresh = move_up(fresh);
			result = ask_once(fresh, &request, (struct companions){ fresh, fd }, &came, &fate);
			if (fate != ANSWERED)
				syscall(SYS_close, fresh);
		} else if (errno != ENODEV) {
			return -1;
		}
		if (fate != ANSWERED && !wait_for_simulator(tries))
			return -1;
	}
	simulator_is_there();
	flags = fcntl(fd, F_GETFD);
	/* Or does it now: then it was that one's socket that went along, which is not dead, and was refused. */
	if (flags < 0 || inode_of(fd) != dead)
		result = 0;
	else if (result == 0)
		put_in_place(fresh, fd, dead, flags);
	syscall(SYS_close, fresh);
	return result == 0 ? 0 : -1;
}

/*
 * As ask_once(). What was never sent is sent to the simulator that comes after; of what was, nobody knows whether it was done: EIO, and
 * the next call goes on.
 */
static int64_t ask(int fd, uint32_t op, uint64_t a, uint64_t b, uint64_t c, uint64_t d, int *received)
{
	struct iommu_shim_request request = { .op = op, .arg = { a, b, c, d } };
	enum fate fate;
	int came;
	int64_t result;

	while ((result = ask_once(fd, &request, (struct companions){ -1, -1 }, &came, &fate)) < 0 && fate == NEVER_SENT) {
		if (!patience_ms || take_back(fd) < 0)
			break;
		/* The mark went with its socket. */
		if (op == IOMMU_SHIM_READ)
			request.arg[2] &= ~(uint64_t)IOMMU_SHIM_MARK_TAKEN;
	}
	if (received)
		*received = came;
	else if (came >= 0)
		syscall(SYS_close, came);
	return result;
}

/* ---- Opening: the two devices, and what the simulator answers for the kernel. ---- */

static int open_file(enum iommu_shim_file file, uint32_t thread, int flags)
{
	struct iommu_shim_request request = { .op = IOMMU_SHIM_OPEN, .arg = { (uint64_t)file, thread } };
	int fd, came, tries, error;
	enum fate fate;
	int64_t result;

	for (tries = 0;; tries++) {
		fd = connect_simulator(flags & O_CLOEXEC ? SOCK_CLOEXEC : 0);
		error = errno;
		if (fd >= 0) {
			result = ask_once(fd, &request, (struct companions){ patience_ms ? fd : -1, -1 }, &came, &fate);
			if (result == 0) {
				simulator_is_there();
				return fd;
			}
			syscall(SYS_close, fd);
			error = (int)-result;
			/* A file that was opened and not told of is closed by the simulator that comes after. */
			if (fate == ANSWERED)
				break;
		}
		if ((fd < 0 && error != ENODEV) || !wait_for_simulator(tries))
			break;
	}
	errno = error;
	return -1;
}

/* Adds the simulator's counts of pinned and locked memory to a copy of /proc/PID/status. -1 to open the real one. */
static int open_status(pid_t pid, int flags)
{
	char path[64], line[512];
	struct iommu_shim_request request = { .op = IOMMU_SHIM_STATUS, .arg = { (uint64_t)pid } };
	int asks = connect_simulator(SOCK_CLOEXEC), came, copy;
	enum fate fate;
	int64_t counts = asks < 0 ? -1 : ask_once(asks, &request, (struct companions){ -1, -1 }, &came, &fate);
	unsigned long long real_kib;
	FILE *real;

	if (asks >= 0)
		syscall(SYS_close, asks);
	if (counts < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	real = ORIGINAL(fopen)(path, "re");
	if (!real)
		return -1;
	copy = memfd_create("status", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
	while (copy >= 0 && fgets(line, sizeof(line), real)) {
		if (sscanf(line, "VmPin: %llu", &real_kib) == 1)
			snprintf(line, sizeof(line), "VmPin:\t%8llu kB\n", real_kib + (unsigned long long)(counts & 0xffffffff));
		else if (sscanf(line, "VmLck: %llu", &real_kib) == 1)
			snprintf(line, sizeof(line), "VmLck:\t%8llu kB\n", real_kib + (unsigned long long)(counts >> 32));
		dprintf(copy, "%s", line);
	}
	fclose(real);
	if (copy >= 0)
		lseek(copy, 0, SEEK_SET);
	return copy;
}

/* Whether path is a thread's fail-nth, and whose. */
static int is_fail_nth(const char *path, uint32_t *thread)
{
	static const char *const own[] = { "/proc/thread-self/fail-nth", "/proc/self/fail-nth" };
	unsigned int number;
	int end = 0;

	if (sscanf(path, "/proc/self/task/%u/fail-nth%n", &number, &end) == 1 && end > 0 && path[end] == 0) {
		*thread = number;
		return 1;
	}
	*thread = (uint32_t)syscall(SYS_gettid);
	return strcmp(path, own[0]) == 0 || strcmp(path, own[1]) == 0;
}

/* What is below /sys/kernel/debug is in a folder beside the socket. True when path is, and is written to redirected then. */
static int redirect(const char *path, char *redirected, size_t size)
{
	const char *socket = socket_path(), *slash = socket ? strrchr(socket, '/') : NULL;
	static const char debug[] = "/sys/kernel/debug";

	if (!slash || strncmp(path, debug, sizeof(debug) - 1) != 0 || (path[sizeof(debug) - 1] != 0 && path[sizeof(debug) - 1] != '/'))
		return 0;
	return snprintf(redirected, size, "%.*s/debug%s", (int)(slash - socket), socket, path + sizeof(debug) - 1) < (int)size;
}

/* Whether path is a process's status, and whose. */
static int is_status(const char *path, int *pid)
{
	int end = 0;

	*pid = getpid();
	return strcmp(path, "/proc/self/status") == 0 ||
	       (sscanf(path, "/proc/%d/status%n", pid, &end) == 1 && end > 0 && path[end] == 0);
}

/* True when the simulator opens it: *fd is the result, as of open(). */
static int open_ours(const char *path, int flags, int *fd)
{
	char redirected[4096];
	uint32_t thread;
	int pid;

	if (!path || !socket_path())
		return 0;
	if (strcmp(path, "/dev/iommu") == 0)
		*fd = open_file(IOMMU_SHIM_FILE_IOMMU, 0, flags);
	else if (strcmp(path, "/dev/vfio/vfio") == 0)
		*fd = open_file(IOMMU_SHIM_FILE_VFIO, 0, flags);
	else if (strncmp(path, "/proc/", 6) == 0 && is_fail_nth(path, &thread))
		*fd = open_file(IOMMU_SHIM_FILE_FAIL_NTH, thread, flags);
	else if (strncmp(path, "/proc/", 6) == 0 && is_status(path, &pid))
		return (*fd = open_status(pid, flags)) >= 0;
	else if (redirect(path, redirected, sizeof(redirected)))
		*fd = (int)syscall(SYS_openat, AT_FDCWD, redirected, flags, 0600);
	else
		return 0;
	return 1;
}

#define MODE_OF(flags, mode)                                              \
	do {                                                              \
		if ((flags) & (O_CREAT | O_TMPFILE)) {                    \
			va_list list;                                     \
			va_start(list, flags);                            \
			(mode) = (mode_t)va_arg(list, int);               \
			va_end(list);                                     \
		}                                                         \
	} while (0)

#define DEFINE_OPEN(name)                                                 \
	int name(const char *path, int flags, ...)                        \
	{                                                                 \
		mode_t mode = 0;                                          \
		int fd;                                                   \
		MODE_OF(flags, mode);                                     \
		return open_ours(path, flags, &fd) ? fd : ORIGINAL(name)(path, flags, mode); \
	}

#define DEFINE_OPENAT(name)                                               \
	int name(int folder, const char *path, int flags, ...)            \
	{                                                                 \
		mode_t mode = 0;                                          \
		int fd;                                                   \
		MODE_OF(flags, mode);                                     \
		return open_ours(path, flags, &fd) ? fd : ORIGINAL(name)(folder, path, flags, mode); \
	}

DEFINE_OPEN(open)
DEFINE_OPEN(open64)
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

/* What the headers make of open() when a program is built with _FORTIFY_SOURCE. */
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

int __open64_2(const char *path, int flags);
int __open64_2(const char *path, int flags)
{
	return open64(path, flags);
}

int __openat_2(int folder, const char *path, int flags);
int __openat_2(int folder, const char *path, int flags)
{
	return openat(folder, path, flags);
}

#define DEFINE_FOPEN(name)                                                \
	FILE *name(const char *path, const char *mode)                    \
	{                                                                 \
		int flags = strchr(mode, '+') ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY; \
		int fd;                                                   \
		if (!open_ours(path, flags, &fd))                         \
			return ORIGINAL(name)(path, mode);                \
		return fd < 0 ? NULL : fdopen(fd, mode);                  \
	}

DEFINE_FOPEN(fopen)
DEFINE_FOPEN(fopen64)

DIR *opendir(const char *path)
{
	char redirected[4096];
	return ORIGINAL(opendir)(redirect(path, redirected, sizeof(redirected)) ? redirected : path);
}

/* ---- Calls on an open file. ---- */

int ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list list;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	/* Both devices' numbers are of type ';'. */
	if (((request >> 8) & 0xff) != ';' || !is_ours(fd))
		return ORIGINAL(ioctl)(fd, request, argument);
	return (int)as_libc(ask(fd, IOMMU_SHIM_IOCTL, request, (uint64_t)(uintptr_t)argument, 0, 0, NULL));
}

static void *map_ours(void *address, size_t length, int prot, int flags, int fd, off_t offset)
{
	int region = -1;
	int64_t result = ask(fd, IOMMU_SHIM_MMAP, (uint64_t)offset, length, (uint64_t)prot, (uint64_t)flags, &region);
	void *mapped;

	if (result < 0 || region < 0) {
		errno = result < 0 ? (int)-result : EIO;
		return MAP_FAILED;
	}
	mapped = ORIGINAL(mmap)(address, length, prot, flags, region, 0);
	syscall(SYS_close, region);
	return mapped;
}

void *mmap(void *address, size_t length, int prot, int flags, int fd, off_t offset)
{
	if ((flags & MAP_ANONYMOUS) || !is_ours(fd))
		return ORIGINAL(mmap)(address, length, prot, flags, fd, offset);
	return map_ours(address, length, prot, flags, fd, offset);
}

void *mmap64(void *address, size_t length, int prot, int flags, int fd, off64_t offset)
{
	if ((flags & MAP_ANONYMOUS) || !is_ours(fd))
		return ORIGINAL(mmap64)(address, length, prot, flags, fd, offset);
	return map_ours(address, length, prot, flags, fd, (off_t)offset);
}

/*
 * An event file is readable while its socket holds a mark. Whoever reads takes the mark, and says so; the simulator puts one back if there
 * is more.
 */
static ssize_t transfer(int fd, uint32_t op, const void *buffer, size_t count, uint64_t flags, uint64_t position)
{
	char mark;

	if (op == IOMMU_SHIM_READ && recv(fd, &mark, sizeof(mark), MSG_DONTWAIT) == 1)
		flags |= IOMMU_SHIM_MARK_TAKEN;
	return as_libc(ask(fd, op, (uint64_t)(uintptr_t)buffer, count, flags, position, NULL));
}

ssize_t read(int fd, void *buffer, size_t count)
{
	return is_ours(fd) ? transfer(fd, IOMMU_SHIM_READ, buffer, count, 0, 0) : ORIGINAL(read)(fd, buffer, count);
}

ssize_t write(int fd, const void *buffer, size_t count)
{
	return is_ours(fd) ? transfer(fd, IOMMU_SHIM_WRITE, buffer, count, 0, 0) : ORIGINAL(write)(fd, buffer, count);
}

#define DEFINE_AT_POSITION(name, op, buffer_type, offset_type)            \
	ssize_t name(int fd, buffer_type buffer, size_t count, offset_type position) \
	{                                                                 \
		if (!is_ours(fd))                                         \
			return ORIGINAL(name)(fd, buffer, count, position); \
		return transfer(fd, op, buffer, count, IOMMU_SHIM_AT_POSITION, (uint64_t)position); \
	}

DEFINE_AT_POSITION(pread, IOMMU_SHIM_READ, void *, off_t)
DEFINE_AT_POSITION(pread64, IOMMU_SHIM_READ, void *, off64_t)
DEFINE_AT_POSITION(pwrite, IOMMU_SHIM_WRITE, const void *, off_t)
DEFINE_AT_POSITION(pwrite64, IOMMU_SHIM_WRITE, const void *, off64_t)

/* As the kernel does it for a file that has no such operation of its own: buffer by buffer, until one is not filled. */
#define DEFINE_VECTORED(name, op)                                         \
	ssize_t name(int fd, const struct iovec *vectors, int count)      \
	{                                                                 \
		ssize_t all = 0, one;                                     \
		int i;                                                    \
		if (!is_ours(fd))                                         \
			return ORIGINAL(name)(fd, vectors, count);        \
		for (i = 0; i < count; i++) {                             \
			one = transfer(fd, op, vectors[i].iov_base, vectors[i].iov_len, 0, 0); \
			if (one < 0)                                      \
				return all ? all : one;                   \
			all += one;                                       \
			if ((size_t)one < vectors[i].iov_len)             \
				break;                                    \
		}                                                         \
		return all;                                               \
	}

DEFINE_VECTORED(readv, IOMMU_SHIM_READ)
DEFINE_VECTORED(writev, IOMMU_SHIM_WRITE)
