/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The functions of the kernel that live in headers, so that a prover has a file to read. Never linked. */
#include <kernel/audit_index.h>
#include <kernel/user_range.h>
#include <kernel/wait.h>
#include "../kernel/thread_queue.h"
