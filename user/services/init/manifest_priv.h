/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between the parser of lines and what follows from the whole (manifest_check.c). */
#pragma once
#include "manifest.h"

/* Every endpoint used is served by one, profiles and principals are there; fills `order`.
 * NULL: all is well; else why not. */
const char *manifest_check(struct manifest *manifest);
