/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the parts of store-crash share: the world of one seed (principals,
 * contents), the model of what a store holds, the work on a store, and the
 * judgement of a disk as a power cut left it. One process has one seed.
 */
#pragma once
#include "disk.h"
#include <lib/object.h>

#define PEOPLE 3u
#define CONTENTS 20u
#define NAMES 3u
#define RECORDS_MAX 12u /* of a name */
#define ARENA_SIZE VOLUME_ARENA_MIN

struct person {
	uint8_t seed[SIGNATURE_SEED_SIZE], key[SIGNATURE_KEY_SIZE];
	struct aid aid;
};

struct content {
	size_t size;
	uint8_t *bytes;
	uint8_t hash[HASH_SIZE];
};

/* Set by world_make, then constant. */
struct world {
	uint64_t seed, blocks;
	struct person people[PEOPLE];
	struct content contents[CONTENTS];
	struct content fresh; /* the work of whoever finds the disk after a power cut */
	uint8_t fresh_birth[OBJECT_RECORD_MAX], fresh_name[OBJECT_NAME_SIZE];
	size_t fresh_birth_size;
};
extern struct world world;

/* One object as the model has it; no history: it does not exist. Histories are never changed, so copies share them. */
struct model_object {
	const uint8_t *history;
	uint32_t size, anchor; /* the anchor: up to the birth or the last transfer */
	uint64_t sequence;
	uint32_t owner;
	uint8_t previous[HASH_SIZE];
};

struct model {
	struct model_object objects[PEOPLE][CONTENTS];
	const uint8_t *names[PEOPLE][NAMES][RECORDS_MAX];
	uint32_t name_counts[PEOPLE][NAMES];
	uint32_t states[PEOPLE]; /* version; 0: none */
};

/* One who uses a mounted store. */
struct work {
	struct disk *disk;
	uint8_t *arena;
	struct volume *volume;
	struct object_store store;
	struct model now, next; /* acknowledged; if the open transaction commits */
	struct object_upload upload;
	bool uploading;
	uint32_t upload_content;
	bool open;       /* a store is mounted */
	bool committing; /* the transaction got as far as that */
	bool only_deletes; /* the open transaction takes no space */
	uint64_t random;
};

/* What came of one seed, or of all. */
struct tally {
	uint64_t states, windows, exhausted; /* crash states; runs of writes between flushes, and those with all of theirs tried */
	uint64_t faults, flips, flips_found, transactions, refused, cleaned;
};
extern struct tally *tally;

/* main.c */
_Noreturn void store_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *memory(size_t size);
uint64_t random_next(uint64_t *random);
uint64_t random_below(uint64_t *random, uint64_t bound);

/* world.c */
void world_make(uint64_t seed);
void state_make(uint32_t person, uint32_t version, uint8_t *out_bytes, size_t *out_size);
#define STATE_MAX 3000u
size_t record_sign(struct object_record *record, const struct person *signer, uint8_t out_bytes[OBJECT_RECORD_MAX]);
void name_sign(struct object_name *name, const struct person *signer, uint8_t out_bytes[OBJECT_NAME_SIZE]);
struct object_id object_id_of(uint32_t author, uint32_t content);

/* model.c: is what the store holds exactly this? NULL, or what is not. */
const char *model_differs(const struct model *model, struct object_store *store);
/* No object, name or state is anything but as the model has it or refused as damaged. */
const char *model_contradicts(const struct model *model, struct object_store *store);

/* work.c */
status_t work_open(struct work *work);
/* One transaction. OK: it was acknowledged, and `now` is it; else `now` is as it was. */
status_t work_transaction(struct work *work);
/* Close the store and open it again. */
status_t work_reopen(struct work *work);

/* judge.c */
void judge_start(void);
/* The disk as it is must mount, hold exactly one of the models, be sound, and accept new work. Returns which.
 * What it writes stays; the caller puts it back. */
unsigned judge(struct disk *disk, const struct model *const models[], unsigned count, bool maybe_blank);
/* One bit of the disk is flipped: told, or harmless. */
void judge_flip(struct disk *disk, uint64_t random, const struct model *const models[], unsigned count);

/* explore.c: the crash states of what was recorded since disk_record, on another disk that is as durable as that one
 * was then. `to_die`: leave the second disk as one of them, and return which model that is. */
void explore_start(uint64_t seed, uint64_t blocks);
void explore(const struct disk *recorded, struct disk *media, const struct model *now, const struct model *next, bool maybe_blank);
unsigned explore_die(const struct disk *recorded, struct disk *media, const struct model *now, const struct model *next);
/* A few of them, chosen. */
void explore_some(const struct disk *recorded, struct disk *media, const struct model *now, const struct model *next);

/* faults.c: the next transaction of `work`, done again and again with a device that fails. The work is as before. */
void faults_try(struct work *work, struct disk *media);
