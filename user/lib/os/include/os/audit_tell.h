/* SPDX-License-Identifier: MPL-2.0 */
/* A program's own word in the audit ring; who says it is stamped by the kernel. */
#pragma once
#include <abi/audit.h>
#include <os/syscall.h>

/* An event of a kind from AUDIT_REPORTED_FIRST on; what the numbers mean is in abi/audit.def. Nothing happens
 * if this program was not given "audit" with the write right. */
void audit_tell(enum audit_kind kind, uint64_t object, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
/* Eight bytes of a name, as kinds that speak of one want them: part 0 is the first eight. */
uint64_t audit_name(const char *name, uint32_t part);
