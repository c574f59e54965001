/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * In place of the ring package's header, which is under the OpenSSL licences:
 * the key as aes_nohw.c expands it. It lies two folders below internal.h, where
 * that file expects it.
 */
#pragma once
#include <stdint.h>

#define AES_MAXNR 14

typedef struct {
	uint32_t rd_key[4 * (AES_MAXNR + 1)];
	unsigned rounds;
} AES_KEY;
