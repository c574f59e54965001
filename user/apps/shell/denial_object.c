/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What DENIED means, method by method of proto/store.h: the store records which was refused to whom, not why. */
#include "shell.h"
#include <lib/format.h>
#include <proto/store.h>

static const char *reason(uint64_t method)
{
	switch (method) {
	case STORE_TOTALS:
	case STORE_CHECK: return "lacks control of the store (the manifest gives it, with 'uses fs control')";
	case STORE_FIND:
	case STORE_READ: return "lacks 'read' on an object (could be granted by its owner)";
	case STORE_LIST: return "asked what somebody else owns, and may list only its own and what it may be told of";
	case STORE_AMEND:
	case STORE_DELETE: return "wanted to change an object whose owner's key it does not use";
	case STORE_NAME_SET: return "wanted to set a name of somebody whose key it does not use";
	case STORE_STATE_PUT:
	case STORE_STATE_GET: return "has no principal to keep anything under";
	default: return "stored something in the name of a key it does not use, or on a disk that is read-only";
	}
}

void denial_object(uint64_t method, const char *who, char *text, size_t size)
{
	format(text, size, "denied: %s %s", who, reason(method));
}
