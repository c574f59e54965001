/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records of the system_info call: snapshots of the kernel's state for display. */
#pragma once
#include <abi/info.h>
#include <abi/status.h>

#define INFO_RECORD_MAX 512u

/* Fill the record of `kind` that `index` leads to. NOT_FOUND past the last; INVALID: no such kind. */
CC_NODISCARD status_t info_fill(uint64_t kind, uint64_t index, uint8_t record[INFO_RECORD_MAX],
                                uint32_t *out_bytes, uint64_t *out_next);
