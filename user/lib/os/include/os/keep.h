/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a service keeps for its successor: the memory that the manifest's `keeps`
 * gives it under the name "kept", and that outlives its process.
 *
 * It holds two places for one record. A record is written to the place that does
 * not hold the newest one, and counts from the moment its checksum is there; then
 * the older is wiped. So a service that is killed at any point leaves a record
 * that is whole: the new one or the one before.
 */
#pragma once
#include <abi/cc.h>
#include <abi/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keep {
	uint8_t *place[2];
	size_t room;       /* bytes of a record, in each */
	uint64_t sequence; /* of the newest record; 0: none */
};

/* On memory of any contents; `size` at least 64. */
void keep_init(struct keep *keep, void *memory, size_t size);
/* The newest record, if it is whole and of exactly this length. False: there is none. */
CC_NODISCARD bool keep_load(struct keep *keep, void *record, size_t length);
/* length is at most keep->room. */
void keep_store(struct keep *keep, const void *record, size_t length);

/* keep_init on what the program was given as "kept". NOT_FOUND: nothing was; NO_MEMORY, QUOTA, ... */
CC_NODISCARD status_t keep_open(struct keep *keep);
