/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The entropy device: bytes at a time, of which the device gives as many as it has. */
#pragma once
#include <driver/virtio.h>

#define RNG_BYTES 64u /* what the kernel judges at once */

/* The device, ready to be asked. Statuses of virtio_open and what follows it. */
CC_NODISCARD status_t rng_open(handle_t manager, handle_t notification);
/* Fill `bytes`. TIMED_OUT: it takes too long. IO_ERROR: the device breaks the rules, gives empty answers, or is gone. */
CC_NODISCARD status_t rng_read(handle_t notification, uint8_t bytes[RNG_BYTES]);
