/* SPDX-License-Identifier: MPL-2.0 */
/* The store has the last word over what was acknowledged; the kept record only saves a successor the way there. */
#include <os/state.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <os/startup.h>

/* No store, or one that refused its disk: go on without, as on a machine that has none. */
static bool is_none(status_t status)
{
	return status == STATUS_GONE || status == STATUS_UNSUPPORTED;
}

static status_t store_open(struct state *state)
{
	const handle_t server = startup_handle("fs");
	struct store_info_rep info;
	status_t status = server == HANDLE_NONE ? STATUS_GONE :
	                                          store_client_open(&state->store, server, HANDLE_NONE, "");

	if (status == STATUS_OK)
		status = store_client_info(&state->store, &info);
	state->stored = status == STATUS_OK && info.medium != STORE_ON_NOTHING;
	state->durable = state->stored && info.medium == STORE_ON_DISK && (info.flags & STORE_IS_READ_ONLY) == 0;
	return is_none(status) ? STATUS_OK : status;
}

/* The store's record over the one at hand, if it is newer. *out_version: the store's; 0: it has none. */
static status_t store_load(struct state *state, struct state_header *record, size_t size, uint8_t *buffer,
                           uint64_t *out_version)
{
	size_t length;
	status_t status = store_client_state_get(&state->store, buffer, size, out_version, &length);

	if (status == STATUS_NOT_FOUND) {
		*out_version = 0;
		return STATUS_OK;
	}
	if (status == STATUS_QUOTA || (status == STATUS_OK && length != size))
		return STATUS_UNKNOWN_FORMAT;
	if (status == STATUS_OK && *out_version > record->version)
		memcpy(record, buffer, size);
	return status;
}

/* What was kept, and the store did not get: its writer ended in between. */
static status_t store_catch_up(struct state *state, const struct state_header *record, size_t size, uint64_t stored)
{
	if (stored >= record->version)
		return STATUS_OK;
	return store_client_state_put(&state->store, record->version, record, size);
}

static status_t store_agree(struct state *state, struct state_header *record, size_t size,
                            enum state_origin *out_origin)
{
	static uint8_t buffer[STORE_STATE_MAX];
	uint64_t stored;
	const uint64_t kept = record->version;
	status_t status = store_load(state, record, size, buffer, &stored);

	secret_wipe(buffer, size);
	if (status != STATUS_OK)
		return status;
	if (stored > kept) {
		*out_origin = STATE_STORE;
		return record->version == stored ? STATUS_OK : STATUS_DAMAGED;
	}
	status = store_catch_up(state, record, size, stored);
	return status == STATUS_DENIED ? STATUS_OK : status; /* read-only */
}

status_t state_open(struct state *state, struct state_header *record, size_t size, uint32_t format,
                    enum state_origin *out_origin)
{
	status_t status = keep_open(&state->keep);

	if (status != STATUS_OK)
		return status;
	if (size > state->keep.room || size > STORE_STATE_MAX)
		return STATUS_NO_MEMORY;
	*out_origin = keep_load(&state->keep, record, size) ? STATE_PREDECESSOR : STATE_NEW;
	status = store_open(state);
	if (status == STATUS_OK && state->stored)
		status = store_agree(state, record, size, out_origin);
	if (status != STATUS_OK)
		return status;
	if (*out_origin == STATE_NEW)
		record->format = format;
	else if (record->format != format)
		return STATUS_UNKNOWN_FORMAT;
	if (*out_origin == STATE_STORE)
		keep_store(&state->keep, record, size);
	return STATUS_OK;
}

status_t state_keep(struct state *state, struct state_header *record, size_t size)
{
	status_t status = STATUS_OK;

	record->version++;
	if (state->stored)
		status = store_client_state_put(&state->store, record->version, record, size);
	if (status == STATUS_OK)
		keep_store(&state->keep, record, size);
	return status;
}
