/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The two functions that write a principal: into a process, once, and from the
 * process that acts into what is delivered. Proved; that there is no third
 * writer is what tools/identity.py looks for.
 */
#pragma once
#include <kernel/panic.h>
#include <kernel/process.h>

/* Bind a process that is being made: its slot is taken, and nobody knows of it yet. */
/*@ requires \valid(process) && \valid_read(principal) && \separated(process, principal);
    assigns process->principal;
    ensures bound: process->principal == *principal;
    ensures only_unbound: \old(process->state) == PROCESS_FREE; */
CC_INLINE void principal_bind(struct process *process, const struct aid *principal)
{
	ASSERT(process->state == PROCESS_FREE);
	process->principal = *principal;
}

/* Who sends, into what is delivered. */
/*@ requires \valid(to) && \valid_read(from) && \separated(to, from);
    assigns *to;
    ensures stamped: *to == from->principal; */
CC_INLINE void principal_stamp(struct aid *to, const struct process *from)
{
	*to = from->principal;
}
