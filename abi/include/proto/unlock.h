/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The key of an encrypted disk. Server: user/services/unlock.
 *
 * Whoever reads the disk offers the headers that lie on it (docs/protocols/disk-encryption.md),
 * and asks for the key that is wrapped in them. The passphrase goes from the console to the
 * server and no further; it is forgotten once it was tried, and the key is kept with
 * the header that it came out of.
 *
 * There is one client: the first principal that ever called, as the kernel stamped it.
 * All others are told DENIED. Somebody at the console is asked once, with three attempts,
 * and nobody any more after unlock_close; both outlive client and server.
 */
#pragma once
#include <abi/iface.h>

#define UNLOCK_HEADER_SIZE 160u
#define UNLOCK_HEADERS_MAX 2u
#define UNLOCK_KEY_SIZE    64u

/* Header number `copy` of those that are whole, counted from 0, in this order; 0 begins anew. RESTARTED: the server
 * has not got the one before. INVALID: there is no such number. NOT_FOUND, UNSUPPORTED, DAMAGED: not a header that
 * could be opened. */
struct unlock_offer_req {
	uint64_t copy;
	uint8_t header[UNLOCK_HEADER_SIZE];
};
struct unlock_offer_rep {
	uint8_t none[0];
};

/* The key in whichever of the `copies` headers that were offered a passphrase opens; waits for somebody to type it.
 * DENIED: nobody did, or the key that is kept is another disk's. RESTARTED: so many were not offered to this server;
 * offer them again. */
struct unlock_disk_req {
	uint64_t copies;
};
struct unlock_disk_rep {
	uint8_t key[UNLOCK_KEY_SIZE];
};

/* Nobody is to be asked from here on: the server gives the console up. */
struct unlock_close_req {
	uint8_t none[0];
};
struct unlock_close_rep {
	uint8_t none[0];
};

#define UNLOCK_METHODS(M)                                                                                  \
	M(1, unlock_offer, UNLOCK_OFFER, FIXED, REPEAT)                                                    \
	M(2, unlock_disk, UNLOCK_DISK, FIXED, ONCE)                                                        \
	M(3, unlock_close, UNLOCK_CLOSE, FIXED, REPEAT)
IFACE_ENUM(unlock, UNLOCK_METHODS);
IFACE_FIT(UNLOCK_METHODS)
ABI_SIZE(struct unlock_offer_req, 168);
ABI_SIZE(struct unlock_disk_req, 8);
ABI_SIZE(struct unlock_disk_rep, 64);
