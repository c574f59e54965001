/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A disk in memory that says what was done to it, fails where it is told to, and
 * can be put back. What a power cut leaves of what it recorded is explore.c's.
 */
#pragma once
#include <lib/block.h>
#include <stdbool.h>

#define SECTOR 512u /* what is written whole or not at all */
#define SECTORS (BLOCK_SIZE / SECTOR)

enum disk_event_kind { DISK_WRITE, DISK_FLUSH, DISK_ACKNOWLEDGED };

struct disk_event {
	enum disk_event_kind kind;
	uint32_t count; /* blocks */
	uint64_t block;
	uint8_t *bytes;
};

/* The n-th operation fails, and so do those after it until `fails` of them did. */
struct disk_fault {
	uint64_t at; /* 0: none */
	uint64_t fails;
	bool reads;    /* of reads, else of writes and flushes */
	uint64_t torn; /* not 0: a seed; a write that fails has changed some of its sectors */
};

struct disk {
	struct block_device device;
	uint8_t *image; /* as reads see it */
	struct disk_event *events;
	uint32_t event_count;
	bool recording;
	struct disk_fault fault;
	uint64_t operations, reads; /* since the fault was set */
	uint8_t *saved;             /* blocks as they were at disk_mark */
	uint32_t *saved_blocks, saved_count;
	bool *is_saved;
	bool marked;
};

void disk_make(struct disk *disk, uint64_t blocks);
size_t disk_size(const struct disk *disk);
void disk_fault_set(struct disk *disk, struct disk_fault fault);
/* Forget what was recorded, and record from here on. */
void disk_record(struct disk *disk);
/* The one who works says that what was committed counts as durable from here on. */
void disk_acknowledge(struct disk *disk);
/* Was anything written since disk_record? */
bool disk_wrote(const struct disk *disk);
/* From disk_mark on, blocks are saved before they change; disk_back puts them back and stays marked. */
void disk_mark(struct disk *disk);
void disk_back(struct disk *disk);
void disk_unmark(struct disk *disk);
void disk_sector_put(struct disk *disk, uint32_t sector, const uint8_t *bytes);
void disk_copy(struct disk *disk, const struct disk *from);
