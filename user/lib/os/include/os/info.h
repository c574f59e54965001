/* SPDX-License-Identifier: MPL-2.0 */
/* Records the kernel writes to the bulk area, copied to where they are wanted. */
#pragma once
#include <abi/info.h>
#include <os/syscall.h>

/* One INFO_* record (abi/info.h). NOT_FOUND past the last; *out_next is the index to go on with. */
CC_NODISCARD status_t info_read(handle_t monitor, enum info_kind kind, uint64_t index, void *record,
                                size_t bytes, uint64_t *out_next);
CC_NODISCARD status_t info_process_status(handle_t process, struct process_status *out_status);
CC_NODISCARD status_t info_cap(handle_t process, uint32_t slot, struct cap_info *out_info);
/* process 0: the caller's own. */
CC_NODISCARD status_t info_aid(handle_t process, struct aid *out_aid);
