/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The parts of the judge, and what they share. */
#pragma once
#include <os/audit.h>
#include <os/check.h>
#include <os/info.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/spawn.h>
#include <os/startup.h>
#include <os/time.h>

/* Audit records of one process, by what they are about. */
struct tally {
	uint64_t denied;   /* cap.denied */
	uint64_t refused;  /* syscall.refused */
	uint64_t filtered; /* syscall.denied */
	uint64_t faults;
	uint64_t lost; /* records nobody could read: then the others are lower bounds */
};

/* ---- ring.c ---- */
void ring_open(void);
/* What holders of the capability to read must not be able to do. */
void ring_attack(void);
/* `witness trespass`: write the ring. Does not come back. */
void ring_trespass(void);
/* Everything new in the ring; counts the records of one process. */
struct tally ring_count(uint64_t process);

/* ---- system.c: what an ended program must have given back ---- */
void system_remember(void);
/* Waits a little: an ended process is taken apart in steps. False: something is still missing. */
bool system_restored(void);
