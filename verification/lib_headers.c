/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The functions of lib/ that live in headers, so that a prover has a file to read. Never linked. */
#include <lib/bitops.h>
#include <lib/bytes.h>
