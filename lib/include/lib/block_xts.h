/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * An encrypted block device over another: AES-256-XTS, each block under its own
 * number. What lies below shows which blocks are written and when, and nothing of
 * what is in them; that nothing was altered is for who reads them to check.
 *
 * Blocks 0 and 1 below are two copies of a header with the device's random key,
 * wrapped by a passphrase; block n here is block n + 2 there. A new passphrase
 * wraps the same key anew: copy by copy with a flush between, so that wherever
 * power is lost at least one of the two passphrases opens it.
 * docs/protocols/disk-encryption.md has every byte.
 *
 * Whoever has the passphrase needs no device, only a header (block_xts_key); whoever
 * has the device needs no passphrase, only the key (block_xts_open).
 *
 * Memory: the struct, about 70 KiB, most of it the room in which what is to be
 * written is encrypted. Statuses of lib/block.h pass through.
 */
#pragma once
#include <lib/block.h>
#include <lib/xts.h>
#include <stdbool.h>

#define BLOCK_XTS_HEADERS 2u /* blocks */
#define BLOCK_XTS_HEADER_SIZE 160u /* bytes of such a block that say something */
#define BLOCK_XTS_SALT_SIZE 32u
#define BLOCK_XTS_ROOM 16u /* blocks encrypted at once */
/* Of PBKDF2. What a header asks for above the maximum is refused as damage, so that nobody waits for hours. */
#define BLOCK_XTS_ITERATIONS 200000u
#define BLOCK_XTS_ITERATIONS_MAX 10000000u

struct block_xts {
	struct block_device device; /* decrypted; first, so that it is found again */
	struct block_device *below;
	struct xts xts;
	uint8_t room[BLOCK_XTS_ROOM * BLOCK_SIZE];
};

struct passphrase {
	const void *bytes;
	size_t size; /* from 1 */
};

/* Those of a device that are whole, as they lie there; of two that are the same, one. */
struct block_xts_headers {
	uint32_t count; /* from 1 */
	uint8_t bytes[BLOCK_XTS_HEADERS][BLOCK_XTS_HEADER_SIZE];
};

/* Does a header lie there, whole or not? A device that only looks encrypted by chance does not have one. */
CC_NODISCARD status_t block_xts_is_there(struct block_device *below, bool *out_there);
/* NOT_FOUND: no header; DAMAGED: no whole header is left; UNSUPPORTED: a version or algorithm unknown here. */
CC_NODISCARD status_t block_xts_read(struct block_device *below, struct block_xts_headers *out_headers);
/* Are both headers whole? DAMAGED, UNSUPPORTED or NOT_FOUND if one is not, whichever it is. */
CC_NODISCARD status_t block_xts_check(struct block_device *below);
/* Write new headers; all that was on the device is lost with its key. `key` and `salt` are random, `key` is wiped by
 * the caller; its halves differ. INVALID: no passphrase, no iterations or too many, a key of equal halves, or a device
 * of fewer than three blocks. */
CC_NODISCARD status_t block_xts_format(struct block_device *below, const struct passphrase *passphrase,
                                       uint32_t iterations, const uint8_t key[XTS_KEY_SIZE],
                                       const uint8_t salt[BLOCK_XTS_SALT_SIZE]);
/* Another passphrase for the same key. Both headers are new afterwards; copies that others made of the old ones still
 * open with the old passphrase. Statuses as block_xts_unwrap and block_xts_format. */
CC_NODISCARD status_t block_xts_change(struct block_device *below, const struct passphrase *old,
                                       const struct passphrase *new, uint32_t iterations,
                                       const uint8_t salt[BLOCK_XTS_SALT_SIZE]);

/* NOT_FOUND, UNSUPPORTED, DAMAGED: not a header, an unknown one, or one that asks for too many iterations; no passphrase
 * opens it. */
CC_NODISCARD status_t block_xts_judge(const uint8_t header[BLOCK_XTS_HEADER_SIZE]);
/* The device's key out of one header, whoever it comes from. DENIED: not the passphrase; statuses of block_xts_judge. Only OK
 * writes a key, which the caller wipes. */
CC_NODISCARD status_t block_xts_key(const uint8_t header[BLOCK_XTS_HEADER_SIZE], const struct passphrase *passphrase,
                                    uint8_t out_key[XTS_KEY_SIZE]);
/* Out of whichever header of the device the passphrase opens; statuses of block_xts_read, and DENIED. */
CC_NODISCARD status_t block_xts_unwrap(struct block_device *below, const struct passphrase *passphrase,
                                       uint8_t out_key[XTS_KEY_SIZE]);

/* The device inside one whose headers were read. A read-only device below makes a read-only one. The key is copied. */
void block_xts_open(struct block_xts *out_xts, struct block_device *below, const uint8_t key[XTS_KEY_SIZE]);
/* Wipe the keys; the device below is the caller's. */
void block_xts_close(struct block_xts *xts);
