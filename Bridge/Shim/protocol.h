/*
 * What the shim and the simulator tell each other, over SOCK_SEQPACKET sockets of AF_UNIX: one message is one datagram.
 *
 * Each open file is one connection: copies of the descriptor share it, and the server sees its end when the last copy is closed.
 * A request goes to the file's own socket, which proves that the sender has the file, and carries a socket to answer on, so that
 * any number of threads and processes can ask at once. The kernel says who sent it (SCM_CREDENTIALS). Sockets that come along behind that
 * one tell the server by their kernel's numbers which they are; it keeps none.
 * Bridge/Protocol has the same layouts for the server.
 */
#ifndef IOMMU_SHIM_PROTOCOL_H
#define IOMMU_SHIM_PROTOCOL_H

#include <stdint.h>

#define IOMMU_SHIM_MAGIC 0x31554d49u /* "IMU1": a server refuses another version by closing the connection */

enum iommu_shim_op {
	/*
	 * arg[0]: enum iommu_shim_file, arg[1]: whose fail-nth; the first message of a connection. A program that waits for another server
	 * when this one dies brings its own socket along, to be known by then.
	 */
	IOMMU_SHIM_OPEN = 1,
	IOMMU_SHIM_IOCTL = 2, /* arg[0]: request number, arg[1]: argument */
	IOMMU_SHIM_MMAP = 3,  /* arg[0]: offset, arg[1]: length, arg[2]: PROT_, arg[3]: MAP_; the answer brings a file to map */
	IOMMU_SHIM_READ = 4,  /* arg[0]: address, arg[1]: count, arg[2]: enum iommu_shim_io_flags, arg[3]: position */
	IOMMU_SHIM_WRITE = 5, /* as IOMMU_SHIM_READ */
	IOMMU_SHIM_STATUS = 6, /* arg[0]: pid; result: pinned KiB in the low half, locked KiB in the high half; needs no OPEN */
	/*
	 * The first message of a connection that is to stand for a file whose server has died: brings this connection's own socket along,
	 * and the dead one. That one proves it: who has it has the file, and its number (SO_COOKIE) is the kernel's and never used again.
	 */
	IOMMU_SHIM_TAKE_BACK = 7
};

enum iommu_shim_file {
	IOMMU_SHIM_FILE_IOMMU = 0,   /* /dev/iommu */
	IOMMU_SHIM_FILE_VFIO = 1,    /* /dev/vfio/vfio */
	IOMMU_SHIM_FILE_FAIL_NTH = 2 /* /proc/self/task/THREAD/fail-nth */
};

enum iommu_shim_io_flags {
	IOMMU_SHIM_MARK_TAKEN = 1, /* a mark of readability was taken out of the file's socket */
	IOMMU_SHIM_AT_POSITION = 2 /* pread(), pwrite() */
};

struct iommu_shim_request {
	uint32_t magic;
	uint32_t op;
	uint64_t sequence; /* given back in the reply */
	uint64_t arg[4];
	uint32_t thread;  /* who calls: gettid() */
	uint32_t program; /* the process that the caller descends from: its calls see what its relatives have closed before */
};

enum iommu_shim_reply_flags {
	IOMMU_SHIM_FD_IS_RESULT = 1, /* the descriptor that came along is the result */
	IOMMU_SHIM_FD_IS_STORED = 2, /* its number is stored at fd_address, 4 bytes */
	IOMMU_SHIM_FD_COMES = 4      /* a descriptor, before the reply that says what it is for: by then the server has none of it */
};

struct iommu_shim_reply {
	uint32_t magic;
	uint32_t flags;
	uint64_t sequence;
	int64_t result; /* negative: an errno */
	uint64_t fd_address;
};

#endif
