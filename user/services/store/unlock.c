/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An encrypted disk: its key comes from the service that asked for the passphrase; neither that nor what is made of it was
 * ever here. */
#include "store.h"
#include <lib/block_xts.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <os/startup.h>
#include <os/unlock.h>

_Static_assert(UNLOCK_HEADER_SIZE == BLOCK_XTS_HEADER_SIZE && UNLOCK_KEY_SIZE == XTS_KEY_SIZE, "bytes as on the disk");

static status_t ask(handle_t server, const struct block_xts_headers *headers, struct unlock_disk_rep *out_reply)
{
	const struct unlock_disk_req request = {.copies = headers->count};
	struct unlock_offer_req offer;
	struct unlock_offer_rep taken;
	status_t status = STATUS_OK;

	for (offer.copy = 0; status == STATUS_OK && offer.copy < headers->count; offer.copy++) {
		memcpy(offer.header, headers->bytes[offer.copy], sizeof offer.header);
		status = unlock_offer(server, DEADLINE_NEVER, &offer, &taken);
	}
	return status == STATUS_OK ? unlock_disk(server, DEADLINE_NEVER, &request, out_reply) : status;
}

status_t unlock(struct block_device *below, struct block_device **out_device)
{
	static struct block_xts decrypted;
	const handle_t server = startup_need("unlock");
	struct block_xts_headers headers;
	struct unlock_disk_rep reply;
	status_t status = block_xts_read(below, &headers);

	if (status != STATUS_OK)
		return status;
	status = STATUS_RESTARTED; /* whoever serves knows nothing of what its predecessor was offered */
	for (uint32_t i = 0; status == STATUS_RESTARTED && i <= IFACE_REPEATS_MAX; i++)
		status = ask(server, &headers, &reply);
	if (status != STATUS_OK)
		return status;
	block_xts_open(&decrypted, below, reply.key);
	secret_wipe(&reply, sizeof reply);
	*out_device = &decrypted.device;
	return STATUS_OK;
}

void unlock_end(void)
{
	static const struct unlock_close_req request;
	struct unlock_close_rep reply;
	const handle_t server = startup_handle("unlock");

	if (server != HANDLE_NONE)
		(void)!unlock_close(server, DEADLINE_NEVER, &request, &reply); /* a server that is gone asks nobody either */
	startup_drop("unlock");
}
