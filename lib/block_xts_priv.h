/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between the encrypted device and its headers. */
#pragma once
#include <lib/block_xts.h>

/* The device's key out of whichever header the passphrase opens; statuses of block_xts_open. The caller wipes it. */
CC_NODISCARD status_t block_xts_unwrap(struct block_device *below, const struct passphrase *passphrase,
                                       uint8_t out_key[XTS_KEY_SIZE]);
