/* SPDX-License-Identifier: MPL-2.0 */
/* How the numbers of an audit event are written, by the words abi/audit.def has for them. */
#pragma once
#include <stdbool.h>

enum audit_shape {
	AUDIT_SHAPE_NOTHING, /* not shown: always zero, or said elsewhere on the line */
	AUDIT_SHAPE_DECIMAL,
	AUDIT_SHAPE_SIGNED,
	AUDIT_SHAPE_HEX,
	AUDIT_SHAPE_COUNT, /* decimal, not shown when zero */
	AUDIT_SHAPE_NONZERO, /* hexadecimal, not shown when zero */
	AUDIT_SHAPE_YES,     /* the word alone, or nothing */
	AUDIT_SHAPE_OBJECT,  /* type and slot: "endpoint 4"; nothing when zero */
	AUDIT_SHAPE_ENDPOINT,
	AUDIT_SHAPE_CHANNEL,
	AUDIT_SHAPE_RIGHTS,
	AUDIT_SHAPE_MISSING, /* rights, nothing if there are none */
	AUDIT_SHAPE_BADGE,   /* nothing when zero */
	AUDIT_SHAPE_CALL,
	AUDIT_SHAPE_STATUS,
	AUDIT_SHAPE_PROCESS,
	AUDIT_SHAPE_HANDLE,
	AUDIT_SHAPE_TAG,
	AUDIT_SHAPE_NANOSECONDS,
	AUDIT_SHAPE_BYTES,
	AUDIT_SHAPE_FAULT,
	AUDIT_SHAPE_ACCESS,
	AUDIT_SHAPE_AUTHORITY, /* enum audit_authority */
	AUDIT_SHAPE_TEXT,    /* eight characters of a name; those that follow continue it */
	AUDIT_SHAPE_DIGEST,  /* eight bytes of a digest, key or principal; those that follow are not shown */
};

/* False: nobody thought of these words. */
bool audit_shape_of(const char *words, enum audit_shape *out_shape);
