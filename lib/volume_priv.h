/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The parts of a volume: the index (volume_index.c), batches in the log
 * (volume_log.c, volume_tail.c), checkpoints (volume_checkpoint.c), cleaning (volume_clean.c);
 * volume.c is the map over them. Offsets of fields are where they are stored and loaded.
 */
#pragma once
#include <lib/bytes.h>
#include <lib/crc32c.h>
#include <lib/string.h>
#include <lib/volume.h>

#define VERSION 1u
#define SUPER_MAGIC 0x4c4f5643u  /* "CVOL" */
#define BATCH_MAGIC 0x48435442u  /* "BTCH" */
#define PAGE_MAGIC 0x45474150u   /* "PAGE" */
#define SUPER_BLOCKS 4u          /* two slots of two copies */
#define SEGMENT_BLOCKS_MIN 32u   /* holds a batch with the largest value */
#define SEGMENT_BLOCKS_MAX (1u << 19) /* its bytes fit in 32 bits */
#define SEGMENTS_MIN 7u
#define SEGMENTS_MAX 16384u
#define DUMP_SEGMENTS_MAX 512u
#define BATCH_HEADER 64u
#define RECORD_HEADER 24u
#define PAGE_HEADER 32u
#define ENTRY_HEADER 16u
#define RECORD_MAX (RECORD_HEADER + VOLUME_KEY_MAX + VOLUME_VALUE_MAX)
#define WINDOW_BLOCKS (RECORD_MAX / BLOCK_SIZE + 2)
#define LEVELS 12u
#define NODE_CLASSES 40u
#define REPLAY_BLOCKS 512u       /* of log, after which a checkpoint is due, if the index is no larger */
#define PENDING (1ull << 63)     /* an address within the open transaction's batch */

enum segment_state { SEGMENT_FREE, SEGMENT_LOG, SEGMENT_INDEX };
enum record_kind { RECORD_PUT = 1, RECORD_DELETE = 2 };

struct segment {
	uint32_t live; /* bytes of records the committed index refers to */
	uint32_t state;
};

/* Where a record is: its address in bytes from the start of the device; 0: there is none. */
struct place {
	uint64_t address;
	uint32_t value_size;
	uint32_t reserved;
};

/* One key. `now` is what reads see; `old` what is committed, if the open transaction touched it. */
struct node {
	struct place now, old;
	uint32_t touched_next;
	uint8_t touched, levels, key_size, reserved;
	uint32_t next[]; /* levels of them, then the key */
};

struct batch {
	uint8_t *bytes;
	uint32_t used, count;
};

/* Where in the log a checkpoint was made. */
struct mark {
	uint64_t sequence;
	uint32_t segment, block, next, previous;
};

struct volume {
	struct block_device *device;
	struct segment *segments;
	struct batch open, moved; /* the owner's transaction; the cleaner's, and room for pages */
	uint8_t *window;          /* what was read last: window_blocks at window_block */
	uint64_t window_block;
	uint8_t *pool;            /* nodes, named by their offset / 8 */
	uint64_t pool_size, pool_used;
	uint32_t free_nodes[NODE_CLASSES];
	uint32_t window_blocks, root, touched, seed, segment_blocks, segment_count, batch_blocks;
	uint32_t head_segment, head_block, next_segment, free_segments, previous, dump_count;
	uint32_t dump[DUMP_SEGMENTS_MAX];
	uint64_t blocks, sequence, log_blocks, dump_bytes, level_seed, dump_pages;
	uint8_t identity[16];
	struct mark mark;
	bool read_only, broken, grown;
	struct volume_statistics statistics;
};

/* The index. */
struct node *node_at(const struct volume *volume, uint32_t number);
const uint8_t *node_key(const struct node *node);
struct place *node_committed(struct node *node);
uint32_t index_find(const struct volume *volume, const uint8_t *key, size_t key_size, uint32_t before[LEVELS]);
uint32_t index_at(const struct volume *volume, const uint8_t *key, size_t key_size); /* 0: not there */
uint32_t index_insert(struct volume *volume, const uint8_t *key, size_t key_size);  /* 0: no memory */
void index_remove(struct volume *volume, uint32_t number);
bool index_start(struct volume *volume);
int key_compare(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size);

/* The log. */
uint32_t record_size(size_t key_size, size_t value_size);
uint64_t segment_address(const struct volume *volume, uint32_t segment);
bool address_segment(const struct volume *volume, uint64_t address, uint32_t *out_segment);
status_t window_read(struct volume *volume, uint64_t address, uint32_t size, bool ahead, const uint8_t **out);
status_t record_read(struct volume *volume, const struct node *node, const struct place *place, const uint8_t **out_value);
void batch_start(struct batch *batch);
bool batch_add(const struct volume *volume, struct batch *batch, uint32_t kind, const uint8_t *key, size_t key_size,
               const uint8_t *value, size_t value_size, uint32_t *out_offset);
status_t batch_write(struct volume *volume, struct batch *batch, uint64_t *out_address);
void live_set(struct volume *volume, struct node *node, struct place place);
void live_add(struct volume *volume, const struct node *node, const struct place *place);
uint32_t segment_take(struct volume *volume);
status_t log_replay(struct volume *volume);
status_t log_verify(struct volume *volume);
struct batch_header {
	uint64_t sequence;
	uint32_t used, count, next_segment, previous, checksum;
};
/* What the header of the next batch will say, as far as that does not depend on its records. */
void batch_header_known(const struct volume *volume, uint64_t address, uint8_t out_header[BATCH_HEADER]);
bool batch_header_read(const struct volume *volume, const uint8_t *bytes, uint64_t address, struct batch_header *out);

/* Checkpoints. */
status_t super_judge(const uint8_t *bytes); /* OK, DAMAGED (not one that was written whole), UNSUPPORTED */
status_t checkpoint_write(struct volume *volume);
status_t checkpoint_find(struct volume *volume);
status_t checkpoint_load(struct volume *volume);
status_t super_verify(struct volume *volume); /* both copies of the newest */
status_t pages_verify(struct volume *volume);
uint32_t checkpoint_segments(const struct volume *volume); /* it would take, the open transaction included */

/* Space. */
status_t space_make(struct volume *volume, bool shrinks);
