/* SPDX-License-Identifier: MPL-2.0 */
/* How a process ended, told to a person, with names for addresses. */
#pragma once
#include <abi/syscall.h>

/* "nothing is mapped at the address". */
const char *report_fault_sentence(uint32_t kind);
/* "reading", "writing", "executing"; "accessing" for a number that is none. */
const char *report_access_name(uint32_t access);

/* "NAME: exited with code 0", or what it did wrong and the way it came there. `image` is the program's
 * file, for the names; NULL if it is not at hand. */
void report_end(const char *name, const struct process_status *status, const uint8_t *image, size_t length);
