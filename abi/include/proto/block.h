/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A disk: blocks of BLOCK_SIZE bytes, whatever the device's own sectors are.
 * Server: a driver of block devices (user/drivers/virtio-blk).
 *
 * The bytes travel in memory that client and device share: a client attaches
 * once, maps what it gets, and from then on names places in it. A driver copies
 * nothing.
 *
 * A transfer is a vector of requests. All of them, and those of other transfers,
 * are with the device at once and are carried out in any order; whoever needs an
 * order waits for the answer in between. A flush covers the writes that were
 * answered before it was asked for, not those beside it.
 *
 * Every method may be asked twice. A driver that is restarted finds its clients'
 * memory again and is asked what its predecessor did not answer, so clients see
 * no error. For that a client leaves the memory of a request alone until the
 * answer, and has no two requests under way that write the same block.
 *
 * The badge names the client. Who may ask at all may do everything but write to
 * a disk that is read-only.
 */
#pragma once
#include <abi/iface.h>

#define BLOCK_SIZE         4096u
#define BLOCK_REQUESTS_MAX 10u
#define BLOCK_BUFFER_MAX   1024u /* blocks of memory one client can attach */

enum block_operation {
	BLOCK_READ = 1,
	BLOCK_WRITE = 2,
	BLOCK_FLUSH = 3,   /* block, count and place are 0 */
	BLOCK_ZERO = 4,    /* the blocks read as zeroes from then on; place is 0 */
	BLOCK_DISCARD = 5, /* the blocks' contents are not needed: zeroes or what they were; place is 0 */
};

/* block_info: what the disk can do; bits of `flags`. */
enum block_flag {
	BLOCK_IS_READ_ONLY = 1u << 0,
	BLOCK_CAN_FLUSH = 1u << 1, /* without it, what is answered is durable */
	BLOCK_CAN_ZERO = 1u << 2,
	BLOCK_CAN_DISCARD = 1u << 3,
};

struct block_info_req {
	uint8_t none[0];
};
struct block_info_rep {
	uint64_t blocks;       /* capacity; a rest smaller than a block is left out */
	uint32_t flags;        /* enum block_flag */
	uint32_t sector_bytes; /* the device's own: what a power cut cannot tear, if anything */
	uint32_t count_max;    /* blocks of one read or write, at least 1 */
	uint32_t erase_max;    /* blocks of one zero or discard; 0: it can do neither */
	char model[32];        /* terminated */
};

/*
 * Memory for the data, of `blocks` blocks (1..BLOCK_BUFFER_MAX), zeroed the first time. Reply, capability 0: the
 * memory, to read and write. A client that has some already gets the same again; another size is BUSY.
 * TABLE_FULL: too many clients have. NO_MEMORY.
 */
struct block_attach_req {
	uint64_t blocks;
};
struct block_attach_rep {
	uint64_t blocks;
};

/* The memory is not needed any more; the client's own mapping stays until it drops it. NOT_FOUND: it has none.
 * BUSY: requests are under way in it. */
struct block_detach_req {
	uint8_t none[0];
};
struct block_detach_rep {
	uint8_t none[0];
};

struct block_request {
	uint32_t operation; /* enum block_operation */
	uint32_t count;     /* blocks */
	uint64_t block;     /* the first */
	uint32_t place;     /* first block of the client's memory */
	uint32_t reserved;  /* 0 */
};

/*
 * Carry out `count` requests (1..BLOCK_REQUESTS_MAX). The answer comes when all are done, one status each:
 * OK; IO_ERROR (the device failed, lied or went away; what the blocks hold is then unknown); DENIED (it is
 * read-only); INVALID (no such operation, beyond the end of the disk or of the memory, more than the disk takes
 * at once); UNSUPPORTED (it cannot zero or discard); TIMED_OUT (the device did not answer, and was reset).
 * INVALID for the whole: the vector has another length than it says. NOT_FOUND: a read or write, and the client
 * has no memory. FULL: too many transfers wait; try again later.
 */
struct block_transfer_req {
	uint32_t count;
	uint32_t reserved; /* 0 */
	struct block_request data[BLOCK_REQUESTS_MAX];
};
struct block_transfer_rep {
	uint32_t status[BLOCK_REQUESTS_MAX]; /* status_t, of the first `count` */
};

#define BLOCK_METHODS(M)                                                                                   \
	M(1, block_info, BLOCK_INFO, FIXED, REPEAT)                                                        \
	M(2, block_attach, BLOCK_ATTACH, FIXED, REPEAT)                                                    \
	M(3, block_detach, BLOCK_DETACH, FIXED, REPEAT)                                                    \
	M(4, block_transfer, BLOCK_TRANSFER, IN, REPEAT)
IFACE_ENUM(block, BLOCK_METHODS);
IFACE_FIT(BLOCK_METHODS)
ABI_SIZE(struct block_info_rep, 56);
ABI_SIZE(struct block_attach_req, 8);
ABI_SIZE(struct block_request, 24);
ABI_SIZE(struct block_transfer_req, 248);
ABI_AT(struct block_transfer_req, data, 8);
ABI_SIZE(struct block_transfer_rep, 40);
