/* SPDX-License-Identifier: MPL-2.0 */
/* Words for what the kernel numbers: rights, kinds of object, principals. */
#pragma once
#include <abi/types.h>

/* Rights as words: "read write"; "none"; "all"; "all but send". Cut where `size` ends; returns the length of the whole. */
size_t rights_text(char *text, size_t size, uint64_t rights);
/* The way back, from words between commas: "read,write". False: a word that is no right; *out untouched. */
CC_NODISCARD bool rights_read(const char *text, uint32_t *out_rights);
/* "endpoint"; "?" for a number that is none. */
const char *object_type_name(uint32_t type);

/* A principal, short: the first twelve hexadecimal digits of its digest, or "anonymous". Returns `text`. */
#define PRINCIPAL_TEXT_MAX 16u
const char *principal_text(char text[PRINCIPAL_TEXT_MAX], const struct aid *aid);
