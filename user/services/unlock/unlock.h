/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The parts of the vault for the disk's key.
 *
 *   key.c      who may have it, and what is kept
 *   console.c  somebody who knows the passphrase
 *   main.c     start
 */
#pragma once
#include <lib/block_xts.h>
#include <os/service.h>
#include <proto/unlock.h>

IFACE_HANDLERS(UNLOCK_METHODS)

/* ---- key.c ---- */
/* What a predecessor kept, if there was one. */
CC_NODISCARD status_t key_open(void);

/* ---- console.c ---- */
/* Control the console: nobody else reads what is typed. */
CC_NODISCARD status_t console_begin(void);
void console_say(const char *text);
/* A line that is not shown, longer ones cut; empty if nothing was typed. It is console.c's until console_wipe. False:
 * whoever is there does not want to. */
CC_NODISCARD bool console_line(struct passphrase *out_line);
void console_wipe(void);
/* For good. */
void console_end(void);
