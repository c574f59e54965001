/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A volume: an ordered map from keys to values on a block device, changed by
 * transactions that are there whole or not at all after any loss of power.
 *
 * Log-structured: what is committed is appended in one sequential write and made
 * durable by one flush, however many records it holds. The index, kept whole in
 * memory, finds a record by its key; it is written now and then as a checkpoint,
 * and mounting reads the newest checkpoint and what was committed after it, never
 * the whole disk. Segments whose records are mostly dead are cleaned by copying
 * what lives. Everything on disk has a checksum. After a power cut, damage to the
 * very last batch cannot be told from a torn write: it is then absent, whole.
 *
 * Keys are 1..VOLUME_KEY_MAX bytes and ordered as memcmp orders them, values
 * 0..VOLUME_VALUE_MAX bytes. The volume knows nothing of what they mean.
 *
 * Memory: all of it is the arena its owner gives, aligned to 16. Its size bounds
 * the number of keys and the size of a transaction (an eighth of it, 1 MiB, or a
 * segment, whichever is least). Each whole 32 bytes of a key after its first byte
 * are kept once however many keys have them, which takes 56 to 72 bytes, and 4 in
 * each key; a key takes 18 besides, and its rest.
 * Not reentrant: one thread at a time.
 *
 * Statuses: OK; NOT_FOUND; NO_SPACE (the disk is full: the transaction was
 * dropped whole; one of at most 32 KiB that leaves no more than it found, such as
 * deletes, always works); QUOTA (more in one transaction or in all than memory
 * allows: commit, or give a larger arena); IO_ERROR (the device; the
 * transaction was dropped, and the volume refuses changes until it is mounted
 * again, for what the device holds is unknown); DAMAGED (what was read does not
 * match its checksum or breaks the format); UNSUPPORTED (a version this code does
 * not know: nothing is touched); DENIED (mounted read-only); INVALID.
 */
#pragma once
#include <lib/block.h>
#include <stdbool.h>

#define VOLUME_KEY_MAX 128u
#define VOLUME_VALUE_MAX 65536u
#define VOLUME_ARENA_MIN (1u << 20) /* bytes */

struct volume; /* lies at the start of the arena */

struct volume_options {
	bool read_only;
};

struct volume_statistics {
	uint64_t blocks;          /* of the device */
	uint64_t free_blocks;     /* that a transaction could fill, those a checkpoint or cleaning would free included */
	uint64_t keys;
	uint64_t value_bytes;     /* live */
	uint64_t checkpoint;      /* number of the newest one */
	uint64_t commits;         /* since it was made */
	uint64_t written_blocks;  /* since mounting: for write amplification */
	uint64_t flushes;         /* since mounting */
	uint64_t cleaned_segments; /* since mounting */
	uint64_t mounts;          /* of this disk, ever */
	uint64_t index_bytes;     /* of the arena, that the index took so far */
};

/* Make an empty volume; everything on the device is given up. `identity` is 16 random bytes that name it. */
CC_NODISCARD status_t volume_format(struct block_device *device, void *arena, size_t arena_size,
                                    const uint8_t identity[16]);
/* True: its first 72 KiB are zero, in which every common file system has something to say of itself. */
CC_NODISCARD status_t volume_is_blank(struct block_device *device, void *arena, size_t arena_size, bool *out_blank);
/* What the superblocks say, without mounting: for whoever has to explain why it cannot be mounted. NOT_FOUND: nothing
 * here looks like a volume; UNSUPPORTED: one of another version (`version` alone is set); DAMAGED: no superblock is
 * whole. Needs four blocks of memory. */
struct volume_label {
	uint8_t identity[16];
	uint32_t version;
	uint64_t blocks; /* of the device it was last mounted on; a smaller one is cut short */
};
/*@ requires \valid_read(device) && \valid(memory + (0 .. memory_size - 1)) && \valid(out_label);
    requires \separated(device, out_label, memory + (0 .. memory_size - 1));
    assigns *out_label, memory[0 .. memory_size - 1]; */
CC_NODISCARD status_t volume_label(struct block_device *device, uint8_t *memory, size_t memory_size,
                                   struct volume_label *out_label);
/* Open what is there: the newest whole checkpoint and every transaction committed after it. On a larger device than
 * before, the volume takes the new space (as much as 16,384 of its segments hold). */
CC_NODISCARD status_t volume_mount(struct block_device *device, void *arena, size_t arena_size,
                                   const struct volume_options *options, struct volume **out_volume);
/* Write a checkpoint, so that the next mount has nothing to replay. The volume is closed in any case. */
CC_NODISCARD status_t volume_unmount(struct volume *volume);

/* Changes collect in the one open transaction, visible to reads at once, until volume_commit makes all of them
 * durable together or volume_abort forgets them. A value is copied. Replaces the value a key had. */
CC_NODISCARD status_t volume_put(struct volume *volume, const void *key, size_t key_size, const void *value,
                                 size_t value_size);
/* NOT_FOUND if there is no such key. */
CC_NODISCARD status_t volume_delete(struct volume *volume, const void *key, size_t key_size);
CC_NODISCARD status_t volume_commit(struct volume *volume);
void volume_abort(struct volume *volume);
/* Bytes for which the open transaction has room; a record takes its key, its value and 32 at most. */
uint32_t volume_room(const struct volume *volume);

/* The value of a key, as it was put: whole, or DAMAGED. *out_size is its size, also when `room` is less (QUOTA;
 * nothing is copied then). */
CC_NODISCARD status_t volume_get(struct volume *volume, const void *key, size_t key_size, void *out_value,
                                 size_t room, size_t *out_size);
/* The same without a copy: the bytes stay until the next call of any volume function. */
CC_NODISCARD status_t volume_look(struct volume *volume, const void *key, size_t key_size,
                                  const uint8_t **out_value, size_t *out_size);
/* The size of a key's value, which is not read. */
CC_NODISCARD status_t volume_size(const struct volume *volume, const void *key, size_t key_size, size_t *out_size);
/* The first key greater than `key` (or, if `inclusive`, not less), and the size of its value. NOT_FOUND past the last. */
CC_NODISCARD status_t volume_next(struct volume *volume, const void *key, size_t key_size, bool inclusive,
                                  uint8_t out_key[VOLUME_KEY_MAX], size_t *out_key_size, size_t *out_value_size);

/* Whatever is given out was compared with its checksum since it was read from the device. Values that were found whole
 * stay in a cache, a sixteenth of the arena and 32 MiB at most, and are not read again while they are there: what the
 * device holds may be damaged meanwhile, and memory is trusted. A note is what the owner made of a committed value, kept
 * beside it and gone with it; false: there is none. Its bytes stay until the next call. Forgetting makes every value be
 * read from the device again: for whoever wants to know what is there. */
bool volume_note(const struct volume *volume, const void *key, size_t key_size, const uint8_t **out_note, size_t *out_size);
void volume_note_keep(struct volume *volume, const void *key, size_t key_size, const void *note, size_t size);
void volume_forget(struct volume *volume);

/* Clean at most one segment, if that is worth it. OK: there may be more to do; NOT_FOUND: there is not. Any caller
 * with time to spare; a commit that needs space does it by itself. */
CC_NODISCARD status_t volume_clean(struct volume *volume);
void volume_statistics(const struct volume *volume, struct volume_statistics *out_statistics);
/* Read every live record and page from the device and compare every checksum, key order and count; `report` is told each thing that is
 * wrong, in words. OK, or DAMAGED if anything is. */
CC_NODISCARD status_t volume_check(struct volume *volume, void (*report)(void *context, const char *text), void *context);
/* Does something lie behind the newest transaction that looks like the next one, and is not whole? Then either power was
 * lost in the middle of a commit, which did not happen, or the last thing committed was damaged since and is absent:
 * nobody can tell. The next commit writes over it. */
CC_NODISCARD status_t volume_tail(struct volume *volume, bool *out_torn);
/* What must hold between calls; for tests and simulation. */
bool volume_valid(const struct volume *volume);
