/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A volume whose parts are looked into, and what each test of them begins and ends with; `begin` is its own. */
#pragma once
#include "volume_shadow.h"
#include "../volume_priv.h"

static struct sim_disk disk;
static struct volume *volume;

static inline int end(void **state)
{
	(void)state;
	sim_end(&disk);
	return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
