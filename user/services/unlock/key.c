/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The key of the disk: out of a header and a passphrase, once; from then on out of what is kept, for whoever offers
 * that header. Kept are also whom it is for, and that nobody is to be asked any more.
 */
#include "unlock.h"
#include <lib/hash.h>
#include <lib/identity.h>
#include <lib/string.h>
#include <os/audit_tell.h>
#include <os/keep.h>

#define ATTEMPTS 3u

_Static_assert(UNLOCK_HEADER_SIZE == BLOCK_XTS_HEADER_SIZE && UNLOCK_HEADERS_MAX == BLOCK_XTS_HEADERS &&
               UNLOCK_KEY_SIZE == XTS_KEY_SIZE, "the protocol's header is the disk's");

enum state {
	UNASKED = 0,
	OPENED = 1,
	CLOSED = 2, /* nobody opened it, or there was nothing to open */
};

static struct {
	uint64_t state;
	struct aid client; /* nobody: none called yet */
	uint8_t header[BLOCK_XTS_HEADER_SIZE]; /* what `key` came out of, if OPENED */
	uint8_t key[XTS_KEY_SIZE];
} record;
static struct keep keep;
static struct block_xts_headers offered;

status_t key_open(void)
{
	const status_t status = keep_open(&keep);

	if (status != STATUS_OK)
		return status;
	offered.count = 0;
	if (!keep_load(&keep, &record, sizeof record))
		memset(&record, 0, sizeof record);
	if (record.state != UNASKED)
		console_end();
	return STATUS_OK;
}

static void conclude(enum state state)
{
	record.state = state;
	keep_store(&keep, &record, sizeof record);
	console_end();
}

/* ---- who asks ---- */
/* The disk's key has no name, and no purpose of the vault's. */
static status_t denied(const struct service_call *call)
{
	audit_tell(AUDIT_KEY_DENIED, call->badge, 0, 0, STATUS_DENIED, 0);
	return STATUS_DENIED;
}

/* The first who calls is the one, and so it stays. */
static status_t caller_check(const struct service_call *call)
{
	if (aid_is_anonymous(&call->sender))
		return denied(call);
	if (aid_is_anonymous(&record.client)) {
		record.client = call->sender;
		keep_store(&keep, &record, sizeof record);
	}
	return aid_equal(&call->sender, &record.client) ? STATUS_OK : denied(call);
}

/* ---- asking ---- */
/* Is it the passphrase of a header that was offered? */
static bool opens(const struct passphrase *passphrase)
{
	for (uint32_t i = 0; passphrase->size > 0 && i < offered.count; i++) {
		if (block_xts_key(offered.bytes[i], passphrase, record.key) == STATUS_OK) {
			memcpy(record.header, offered.bytes[i], sizeof record.header);
			return true;
		}
	}
	return false;
}

static bool ask(void)
{
	struct passphrase passphrase;
	bool opened = false, goes_on = console_begin() == STATUS_OK;

	for (uint32_t i = 0; goes_on && !opened && i < ATTEMPTS; i++) {
		console_say(i == 0 ? "\nThe disk is encrypted. Its passphrase: " : "That is not it. The passphrase: ");
		goes_on = console_line(&passphrase);
		if (goes_on) {
			console_say("\n");
			opened = opens(&passphrase);
		}
		console_wipe();
	}
	if (!opened)
		console_say("\nThe disk stays locked: nothing can be stored. \"reboot\" asks again.\n");
	return opened;
}

/* ---- the methods ---- */
status_t unlock_offer_serve(struct service_call *call, const struct unlock_offer_req *request,
                            struct unlock_offer_rep *reply)
{
	status_t status = caller_check(call);

	(void)reply;
	if (status == STATUS_OK && request->copy >= BLOCK_XTS_HEADERS)
		status = STATUS_INVALID;
	if (status == STATUS_OK && request->copy > offered.count)
		status = STATUS_RESTARTED;
	if (status == STATUS_OK)
		status = block_xts_judge(request->header);
	if (status != STATUS_OK)
		return status;
	memcpy(offered.bytes[request->copy], request->header, sizeof request->header);
	offered.count = (uint32_t)request->copy + 1u;
	return STATUS_OK;
}

/* Is it among those that were offered? */
static bool header_is_offered(const uint8_t header[BLOCK_XTS_HEADER_SIZE])
{
	for (uint32_t i = 0; i < offered.count; i++) {
		if (memcmp(offered.bytes[i], header, BLOCK_XTS_HEADER_SIZE) == 0)
			return true;
	}
	return false;
}

status_t unlock_disk_serve(struct service_call *call, const struct unlock_disk_req *request,
                           struct unlock_disk_rep *reply)
{
	const status_t status = caller_check(call);

	if (status != STATUS_OK)
		return status;
	if (request->copies == 0 || request->copies > BLOCK_XTS_HEADERS)
		return STATUS_INVALID;
	if (request->copies != offered.count)
		return STATUS_RESTARTED;
	if (record.state == UNASKED)
		conclude(ask() ? OPENED : CLOSED);
	if (record.state != OPENED || !header_is_offered(record.header))
		return denied(call);
	memcpy(reply->key, record.key, sizeof reply->key);
	audit_tell(AUDIT_KEY_USED, call->badge, 0, 0, sizeof reply->key, 0);
	return STATUS_OK;
}

status_t unlock_close_serve(struct service_call *call, const struct unlock_close_req *request,
                            struct unlock_close_rep *reply)
{
	const status_t status = caller_check(call);

	(void)request;
	(void)reply;
	if (status == STATUS_OK && record.state == UNASKED)
		conclude(CLOSED);
	return status;
}
