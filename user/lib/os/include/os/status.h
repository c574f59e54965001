/* SPDX-License-Identifier: MPL-2.0 */
/* What a status says to a person. */
#pragma once
#include <abi/status.h>

/* "the deadline passed"; "an unknown status" for a number that is none. */
const char *status_sentence(status_t status);
/* "TIMED_OUT"; "?" for a number that is none. */
const char *status_name(status_t status);
