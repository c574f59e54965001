/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who is who, learnt from the events alone: principals of processes, names of services. */
#pragma once
#include <os/audit.h>

/* To be called with every event, in order. */
void people_learn(const struct audit_event *event);
/* "shell (3)", or "7 a1b2c3d4e5f6" by the principal, or "7"; "kernel" for 0. Returns `text`. */
const char *people_who(uint64_t id, char *text, size_t size);
extern const struct audit_names people_names;
