/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the attacks share: a system call that counts which audit record it must
 * have left. The exit code of a phase says how many.
 */
#pragma once
#include <os/check.h>
#include <os/ipc.h>
#include <os/panic.h>
#include <os/print.h>
#include <os/startup.h>
#include <os/thread.h>
#include <os/time.h>

/* One system call, whatever it is; status and results are left in the registers. The caller sees to it that it
 * neither waits nor ends the program. */
status_t attempt(uint64_t number, uint64_t registers[SYS_REGISTERS]);
/* With up to four arguments, the others zero. */
status_t attempt4(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
#define ATTEMPT(name, a, b, c, d) attempt4(SYSCALL_##name, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d))

/* One that the library made; returns the status. */
status_t attempt_made(uint64_t number, status_t status);

/* Records the attempts so far must have left, as an exit code: see witness. */
uint64_t attempts_code(void);

/* The program's own capabilities, to see that an attempt changed none: remember them; drop what came since
 * and return how many of the remembered are missing. */
void belongings_remember(void);
uint32_t belongings_restore(void);

/* The phases. `part` divides those that leave more records than the ring holds. */
void attack_calls(uint64_t part);     /* calls.c: every call with every class of argument */
void attack_mail(uint64_t part);      /* mail.c: other people's messages, answers, names */
void attack_authority(uint64_t part); /* authority.c: rights, devices, processes, singletons */
void attack_handles(uint64_t part);   /* authority.c: guessing */
void attack_memory(uint64_t part);    /* memory.c: kernel, device and shared pages */
void attack_write(uint64_t part);     /* memory.c: does not come back */
void attack_exhaust(uint64_t part);   /* exhaust.c: tables and quotas */
void attack_race(uint64_t part);      /* race.c: revocation against use */
