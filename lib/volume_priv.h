/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The parts of a volume: the index (volume_index.c) of nodes (volume_node.c) in a pool (volume_pool.c), batches in
 * the log (volume_log.c, volume_tail.c), what was read (volume_cache.c), checkpoints (volume_checkpoint.c), cleaning
 * (volume_clean.c), salvage (volume_salvage.c);
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
#define BLOCKS_MAX (SUPER_BLOCKS + SEGMENTS_MAX * (uint64_t)SEGMENT_BLOCKS_MAX) /* that segments can lie in */
#define LEVELS 12u
#define POOL_UNIT 4u             /* of the index's memory: what it takes is named by its offset in units */
#define POOL_CLASSES 32u         /* by size in units */
#define PIECE_SIZE 32u
#define PIECES_MAX 3u            /* of a key, after its first byte */
#define BUCKET_NODES 3u
#define REPLAY_BLOCKS 512u       /* of log, after which a checkpoint is due, if the index is no larger */
#define PENDING (1ull << 46)     /* an address within the open transaction's batch; no other is as large */
#define TOUCHED (1u << 31)       /* in the upper half of a packed place: it is the number of a touch */

enum segment_state { SEGMENT_FREE, SEGMENT_LOG, SEGMENT_INDEX };
enum record_kind { RECORD_PUT = 1, RECORD_DELETE = 2 };

struct segment {
	uint32_t live; /* bytes of records the committed index refers to */
	uint32_t state;
	uint32_t taken; /* how often it was given to the log since mounting */
};

/* Records read before: volume_cache.c. */
struct cache {
	struct cached *slots;
	uint8_t *bytes;
	uint64_t size, head; /* of the ring, in bytes; all that was ever put into it */
	uint32_t slot_count;
};

/* Where a record is: its address in bytes from the start of the device; 0: there is none. */
struct place {
	uint64_t address;
	uint32_t value_size;
};

/* One key: its first byte, pieces by number, and the rest of it. Its place is that of its record or, if the open
 * transaction touched it, the number of a touch. */
struct node {
	uint32_t place[2]; /* packed */
	uint8_t levels, key_size, first, reserved;
	uint32_t head; /* of the key: see wanted */
	uint32_t links[]; /* the next node on each level, then the pieces; then the rest of the key */
};

/* What the open transaction makes of a node: `now` is what reads see, `old` what is committed; both packed. */
struct touch {
	uint32_t now[2], old[2];
	uint32_t node, next;
};

/* 32 bytes of keys. */
struct piece {
	uint32_t users, next; /* next: of its bucket */
	uint8_t bytes[PIECE_SIZE];
};

struct bucket {
	uint32_t pieces;               /* the first of a chain */
	uint32_t nodes[BUCKET_NODES]; /* found here lately */
};

/* A key that is looked for, and its pieces as far as they are known; 0: not there. */
struct wanted {
	const uint8_t *key;
	size_t size;
	uint32_t head; /* how the piece begins in which keys of one kind mostly differ: then none needs to be looked at */
	uint32_t pieces[PIECES_MAX];
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
	struct cache cache;
	uint8_t *pool;            /* nodes, touches and pieces up to pool_used; buckets from pool_size to pool_end */
	uint64_t pool_size, pool_used, pool_end;
	uint32_t free_units[POOL_CLASSES];
	uint32_t pieces, buckets; /* how many; buckets: a power of two */
	uint32_t window_blocks, root, touched, seed, segment_blocks, segment_count, batch_blocks;
	uint32_t head_segment, head_block, next_segment, free_segments, previous, dump_count;
	uint32_t dump[DUMP_SEGMENTS_MAX];
	uint64_t blocks, sequence, log_blocks, dump_bytes, level_seed, dump_pages;
	uint8_t identity[16];
	struct mark mark;
	bool read_only, broken, grown, marked;
	struct volume_statistics statistics;
};

/*@ // What the superblock, or salvage, said of the segments.
    predicate geometry_ok(struct volume *volume) =
        0 < volume->segment_blocks <= SEGMENT_BLOCKS_MAX && volume->segment_count <= SEGMENTS_MAX;

    // The segments that hold the newest checkpoint's pages.
    predicate dump_size_ok(struct volume *volume) =
        volume->dump_count <= DUMP_SEGMENTS_MAX && volume->dump_pages <= volume->dump_count * volume->segment_blocks;
    predicate dump_ok(struct volume *volume) =
        \forall integer i; 0 <= i < volume->dump_count ==> volume->dump[i] < volume->segment_count;

    // Where the next batch goes, and the one that finds no room there.
    predicate head_inside(struct volume *volume) =
        volume->head_segment < volume->segment_count && volume->next_segment < volume->segment_count &&
        volume->head_block <= volume->segment_blocks;
    predicate head_ok(struct volume *volume) = head_inside(volume) && volume->head_segment != volume->next_segment;

    // An address lies in a segment of so many blocks, and where that ends.
    predicate in_segment(integer blocks, integer address, integer segment) =
        segment * blocks <= address / BLOCK_SIZE - SUPER_BLOCKS < (segment + 1) * blocks;
    logic integer segment_end(integer blocks, integer segment) = (SUPER_BLOCKS + (segment + 1) * blocks) * BLOCK_SIZE;
    predicate batch_inside(integer blocks, integer address, integer used) =
        \forall integer segment; in_segment(blocks, address, segment) ==> address + used <= segment_end(blocks, segment);

    // The bytes that were read last; they lie apart from the struct.
    predicate window_ok(struct volume *volume) =
        \valid(volume->window + (0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1)) &&
        \separated(volume, volume->window + (0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1)) &&
        volume->window_block <= BLOCKS_MAX && volume->window_blocks <= WINDOW_BLOCKS;

    // What taking keys into the index writes to lies apart from the struct.
    predicate index_apart(struct volume *volume) =
        \separated(volume, volume->segments + (0 .. volume->segment_count - 1)) &&
        \separated(volume, volume->pool + (0 .. volume->pool_end - 1));

    predicate reader_ok(struct volume *volume) = \valid(volume) && geometry_ok(volume) && window_ok(volume);

    // What following the log and taking its records needs.
    predicate replay_ok(struct volume *volume) = reader_ok(volume) && head_inside(volume) && index_apart(volume) &&
        \valid(volume->segments + (0 .. volume->segment_count - 1));
*/

/* In annotations: the parts are where they were, and as large; what reading through the window changes, and what a key that goes into the index, and leaves. */
#define PARTS_SAME \
	volume->window == \at(volume->window, Pre) && volume->segment_blocks == \at(volume->segment_blocks, Pre) && \
		volume->segments == \at(volume->segments, Pre) && volume->segment_count == \at(volume->segment_count, Pre) && \
		volume->pool == \at(volume->pool, Pre) && volume->pool_end == \at(volume->pool_end, Pre)
#define WINDOW_CHANGES volume->window_block, volume->window_blocks, volume->window[0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1]
#define INDEX_CHANGES \
	volume->segments[0 .. \at(volume->segment_count, Pre) - 1], volume->statistics, volume->dump_bytes, volume->level_seed, \
		volume->pool[0 .. \at(volume->pool_end, Pre) - 1], volume->pool_size, volume->pool_used, volume->pieces, \
		volume->buckets, volume->free_units[0 .. POOL_CLASSES - 1]
#define INDEX_KEEPS PARTS_SAME && (window_ok{Pre}(volume) ==> window_ok(volume))

/* An empty struct at the start of the arena (NULL: the arena does not do), and, when the geometry is known, where in
 * it the other parts lie (false: it is too small). */
/*@ requires \valid((char *)arena + (0 .. arena_size - 1));
    assigns *\result;
    ensures \result != NULL ==> \valid(\result) && \base_addr(\result) == \base_addr(arena) && \result->device == device; */
struct volume *volume_begin(struct block_device *device, void *arena, size_t arena_size);
/*@ requires \valid(volume) && geometry_ok(volume);
    assigns *volume, \at(volume->window, Post)[0 .. arena_size - sizeof(struct volume) - 1];
    ensures \result ==> window_ok(volume) && index_apart(volume);
    ensures \result ==> \separated(volume->segments + (0 .. volume->segment_count - 1), volume->pool + (0 .. volume->pool_end - 1));
    ensures \result ==> geometry_ok(volume) && \base_addr(volume->window) == \base_addr(volume);
    ensures \result ==> \base_addr(volume->segments) == \base_addr(volume) && \base_addr(volume->pool) == \base_addr(volume); */
bool arena_divide(struct volume *volume, size_t arena_size);

/* The index's memory. */
bool pool_start(struct volume *volume);
uint32_t pool_take(struct volume *volume, size_t size); /* zeroed; 0: no memory */
void pool_give(struct volume *volume, uint32_t number, size_t size);
struct piece *piece_at(const struct volume *volume, uint32_t number);
/*@ requires \valid_read(volume) && \valid_read(bytes + (0 .. PIECE_SIZE - 1));
    assigns \nothing; */
uint32_t piece_find(const struct volume *volume, const uint8_t *bytes); /* 0: not there */
/* Used once more; `found`: its number, if that is known. 0: no memory. */
uint32_t piece_take(struct volume *volume, uint32_t found, const uint8_t *bytes);
/* It will be looked for soon: fetch its bucket and, in a second round, the first piece of that. */
/*@ requires \valid_read(volume) && \valid_read(bytes + (0 .. PIECE_SIZE - 1));
    assigns \nothing; */
void piece_ahead(const struct volume *volume, const uint8_t *bytes, bool bucket_is_here);
void piece_give(struct volume *volume, uint32_t number);
void pieces_expect(struct volume *volume, uint64_t count); /* so many will come */
uint32_t *node_slot(const struct volume *volume, const uint8_t *key, size_t key_size); /* where a key was found */

/* Nodes. */
/*@ assigns \nothing; */
struct node *node_at(const struct volume *volume, uint32_t number);
/*@ assigns \nothing; */
uint32_t node_next(const struct volume *volume, uint32_t number); /* in the order of keys, from the root on; 0: none */
struct touch *touch_at(const struct volume *volume, uint32_t number);
/*@ assigns \nothing;
    ensures \result <= PIECES_MAX && (key_size == 0 ==> \result == 0);
    ensures key_size > 0 ==> 1 + \result * PIECE_SIZE <= key_size;
    ensures 0 < key_size <= VOLUME_KEY_MAX ==> key_size - 1 - \result * PIECE_SIZE < PIECE_SIZE; */
uint32_t pieces_of(size_t key_size);
uint32_t *node_pieces(struct node *node);
uint32_t node_make(struct volume *volume, uint32_t levels, const struct wanted *wanted); /* 0: no memory */
void node_give(struct volume *volume, uint32_t number);
size_t node_key(const struct volume *volume, struct node *node, uint8_t out_key[VOLUME_KEY_MAX]); /* its size */
bool node_is(const struct volume *volume, struct node *node, const uint8_t *key, size_t key_size);
int node_compare(const struct volume *volume, struct node *node, const struct wanted *wanted);
struct place node_now(const struct volume *volume, const struct node *node);
/*@ assigns \nothing; */
struct place node_committed(const struct volume *volume, const struct node *node);
void node_now_set(const struct volume *volume, struct node *node, struct place place); /* of one that is touched */
/*@ requires \valid_read(volume);
    assigns volume->pool[0 .. volume->pool_end - 1]; */
void node_committed_set(const struct volume *volume, struct node *node, struct place place);
bool node_touch(struct volume *volume, uint32_t number); /* false: no memory */
void node_untouch(struct volume *volume);                /* the one touched last: back to what is committed */
struct place touch_now(const struct touch *touch);
struct place touch_old(const struct touch *touch);

/* The index. */
bool index_start(struct volume *volume);
uint32_t index_from(const struct volume *volume, const uint8_t *key, size_t key_size); /* the first not less; 0: none */
/*@ requires \valid_read(volume) && key_size <= VOLUME_KEY_MAX && \valid_read(key + (0 .. key_size - 1));
    assigns volume->pool[0 .. volume->pool_end - 1]; */
uint32_t index_at(const struct volume *volume, const uint8_t *key, size_t key_size);   /* 0: not there */
/*@ requires \valid(volume) && index_apart(volume) && key_size <= VOLUME_KEY_MAX && \valid_read(key + (0 .. key_size - 1));
    assigns INDEX_CHANGES;
    ensures INDEX_KEEPS; */
uint32_t index_add(struct volume *volume, const uint8_t *key, size_t key_size); /* made if not there; 0: no memory */
/*@ requires \valid(volume) && index_apart(volume);
    assigns INDEX_CHANGES;
    ensures INDEX_KEEPS; */
void index_remove(struct volume *volume, uint32_t number);
/* Keys in ascending order, without a search: DAMAGED if this one is not the next. tail[0] is its node then. Before
 * that, two rounds of index_ahead over keys that will come, each with the one before it, keep memory busy. */
void index_tail(const struct volume *volume, uint32_t out_tail[LEVELS]);
/*@ requires \valid_read(volume) && \valid_read(key + (0 .. key_size - 1)) && \valid_read(before + (0 .. before_size - 1));
    assigns \nothing; */
void index_ahead(const struct volume *volume, const uint8_t *key, size_t key_size, const uint8_t *before, size_t before_size,
                 bool second);
status_t index_append(struct volume *volume, uint32_t tail[LEVELS], const uint8_t *key, size_t key_size);
/*@ requires \valid_read(a + (0 .. a_size - 1)) && \valid_read(b + (0 .. b_size - 1));
    assigns \nothing; */
int key_compare(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size);

/* The log. */
/*@ requires key_size <= VOLUME_KEY_MAX && value_size <= VOLUME_VALUE_MAX;
    assigns \nothing;
    ensures RECORD_HEADER <= \result <= RECORD_MAX; */
uint32_t record_size(size_t key_size, size_t value_size);
/*@ requires \valid_read(volume) && geometry_ok(volume) && segment <= volume->segment_count;
    assigns \nothing;
    ensures \result == (SUPER_BLOCKS + segment * volume->segment_blocks) * BLOCK_SIZE;
    ensures \result <= BLOCKS_MAX * BLOCK_SIZE; */
uint64_t segment_address(const struct volume *volume, uint32_t segment);
/*@ requires \valid_read(volume) && geometry_ok(volume) && \valid(out_segment) && \separated(volume, out_segment);
    assigns *out_segment;
    ensures \result ==> *out_segment < volume->segment_count;
    ensures \result ==> *out_segment * volume->segment_blocks <= address / BLOCK_SIZE - SUPER_BLOCKS <
                        (*out_segment + 1) * volume->segment_blocks; */
bool address_segment(const struct volume *volume, uint64_t address, uint32_t *out_segment);
/*@ requires reader_ok(volume) && size > 0;
    requires \valid(out) && \separated(out, volume, volume->window + (0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1));
    assigns *out, WINDOW_CHANGES;
    ensures window_ok(volume);
    ensures \result == STATUS_OK ==> \valid_read(*out + (0 .. size - 1)) && address <= BLOCKS_MAX * BLOCK_SIZE - size;
    ensures \result == STATUS_OK ==> *out == volume->window + (address - volume->window_block * BLOCK_SIZE);
    ensures \result == STATUS_OK ==> 0 <= address - volume->window_block * BLOCK_SIZE <= WINDOW_BLOCKS * BLOCK_SIZE - size; */
status_t window_read(struct volume *volume, uint64_t address, uint32_t size, bool ahead, const uint8_t **out);
/* A record in the window. */
struct record {
	const uint8_t *key, *value;
	uint64_t sequence;
	uint32_t kind, key_size, value_size;
};
/*@ predicate record_ok(struct record *record) =
        0 < record->key_size <= VOLUME_KEY_MAX && record->value_size <= VOLUME_VALUE_MAX &&
        \valid_read(record->key + (0 .. record->key_size - 1)) &&
        \valid_read(record->value + (0 .. record->value_size - 1)); */

/* The record at an address, if all of it is as it was written. */
/*@ requires reader_ok(volume) && \valid(out);
    requires \separated(out, volume, volume->window + (0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1));
    assigns *out, WINDOW_CHANGES;
    ensures window_ok(volume);
    ensures \result == STATUS_OK ==> record_ok(out) && (out->kind == RECORD_PUT || out->kind == RECORD_DELETE); */
status_t record_load(struct volume *volume, uint64_t address, bool ahead, struct record *out);
status_t record_read(struct volume *volume, struct node *node, const struct place *place, const uint8_t **out_value);
/* The same, out of the cache if it was read before; what is read for the first time since is kept there. */
status_t record_look(struct volume *volume, struct node *node, const struct place *place, const uint8_t **out_value);
uint64_t cache_start(struct volume *volume, uint8_t *memory, uint64_t arena_size); /* bytes of `memory` that it is */
void batch_start(struct batch *batch);
bool batch_add(const struct volume *volume, struct batch *batch, uint32_t kind, const uint8_t *key, size_t key_size,
               const uint8_t *value, size_t value_size, uint32_t *out_offset);
/* One write, one flush. The caller made space, and marked the log. */
status_t batch_write(struct volume *volume, struct batch *batch, uint64_t *out_address);
/* Before anything is written to the log since it was mounted. A batch that the power tore may lie where the next one goes,
 * and lack only what that one writes again; then both in part would be a whole one that nobody was told of. An empty batch
 * takes its number, once; of its block it changes no more than the first sector. */
status_t log_mark(struct volume *volume);
/*@ requires \valid(volume) && geometry_ok(volume) && index_apart(volume);
    assigns INDEX_CHANGES;
    ensures INDEX_KEEPS; */
void live_set(struct volume *volume, struct node *node, struct place place);
/*@ requires \valid(volume) && geometry_ok(volume) && index_apart(volume) && \valid_read(place);
    assigns INDEX_CHANGES;
    ensures INDEX_KEEPS; */
void live_add(struct volume *volume, const struct node *node, const struct place *place);
uint32_t segment_take(struct volume *volume);
/* What was committed after the checkpoint goes into the index; where the next batch goes is known after it. */
/*@ requires replay_ok(volume);
    ensures \result == STATUS_OK ==> head_inside(volume); */
status_t log_replay(struct volume *volume);
struct batch_header {
	uint64_t sequence;
	uint32_t used, count, next_segment, previous, checksum;
};
/* In annotations: the batch whose records were all found to be whole last. */
//@ ghost extern struct batch_header checked;
//@ ghost extern uint64_t checked_address;
/*@ requires reader_ok(volume);
    requires volume->mark.segment < volume->segment_count && volume->mark.next < volume->segment_count;
    assigns WINDOW_CHANGES, checked, checked_address; */
status_t log_verify(struct volume *volume);
/* What the header of the next batch will say, as far as that does not depend on its records. */
/*@ requires \valid_read(volume) && \valid(out_header + (0 .. BATCH_HEADER - 1));
    requires \separated(volume, out_header + (0 .. BATCH_HEADER - 1));
    assigns out_header[0 .. BATCH_HEADER - 1]; */
void batch_header_known(const struct volume *volume, uint64_t address, uint8_t out_header[BATCH_HEADER]);
/*@ requires \valid_read(volume) && geometry_ok(volume);
    requires \valid_read(bytes + (0 .. BATCH_HEADER - 1)) && \valid(out) && \separated(out, volume, bytes + (0 .. BATCH_HEADER - 1));
    assigns *out;
    ensures \result ==> BATCH_HEADER <= out->used <= volume->segment_blocks * BLOCK_SIZE;
    ensures \result ==> batch_inside(volume->segment_blocks, address, out->used);
    ensures \result ==> out->next_segment < volume->segment_count; */
bool batch_header_read(const struct volume *volume, const uint8_t *bytes, uint64_t address, struct batch_header *out);

/* Checkpoints. */
/*@ requires \valid_read(bytes + (0 .. BLOCK_SIZE - 1));
    assigns \nothing; */
status_t super_judge(const uint8_t *bytes); /* OK, DAMAGED (not one that was written whole), UNSUPPORTED */
status_t checkpoint_write(struct volume *volume);
/*@ requires \valid(volume) && \valid_read(volume->device);
    requires \valid(volume->window + (0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1));
    requires \separated(volume, volume->device, volume->window + (0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1));
    assigns *volume, volume->window[0 .. WINDOW_BLOCKS * BLOCK_SIZE - 1];
    ensures volume->window == \old(volume->window);
    ensures \result == STATUS_OK ==> geometry_ok(volume) && dump_size_ok(volume) && dump_ok(volume) && head_ok(volume); */
status_t checkpoint_find(struct volume *volume);
status_t checkpoint_load(struct volume *volume);
status_t super_verify(struct volume *volume); /* both copies of the newest */
status_t pages_verify(struct volume *volume);
uint32_t checkpoint_segments(const struct volume *volume); /* it would take, the open transaction included */

/* Space. */
status_t space_make(struct volume *volume, bool shrinks);
