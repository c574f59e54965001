/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between image.c, which keeps images, and image_verify.c, which decides what is one. */
#pragma once
#include <kernel/image.h>

/* Could this request be verified at all? OK or INVALID. */
CC_NODISCARD status_t image_request_check(const struct image_request *request);
/* What the end of the file says of it, before anything is hashed. */
CC_NODISCARD status_t image_begin(struct image *image);
/* One step further. OK and no more to do: all is verified, and the image may be published. */
CC_NODISCARD status_t image_continue(struct image *image, bool *out_more);
/* It is published: record it. */
void image_loaded(const struct image *image);
