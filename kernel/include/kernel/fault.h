/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Faults of programs: to the thread's handler, or the end. See docs/kernel/fault.md. */
#pragma once
#include <kernel/thread.h>

/* Send a thread that faulted to its handler. False, and nothing changed: it has none, or faulted inside it. */
CC_NODISCARD bool fault_deliver(struct thread *current, enum fault_kind kind, enum fault_access access,
                                uint64_t address);
/* End its process, with a report for the parent and an audit record. */
void fault_end(struct thread *current, enum fault_kind kind, enum fault_access access, uint64_t address);
