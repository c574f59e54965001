/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * CRC-32C (Castagnoli, reflected, polynomial 0x1edc6f41): finds damage, not
 * malice; whoever needs to resist an attacker uses a hash or a signature.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define CRC32C_INIT 0u

/* The checksum of `length` more bytes after those whose checksum is `crc`; begin with CRC32C_INIT.
 * So crc32c(crc32c(CRC32C_INIT, a), b) is the checksum of a followed by b.
 * Check value: the nine bytes "123456789" give 0xe3069283. */
/*@ requires \valid_read(data + (0 .. length - 1));
    assigns \nothing; */
uint32_t crc32c(uint32_t crc, const uint8_t *data, size_t length);

/* The same, several times faster where `length` is large, by tables of eight kilobytes: not for the kernel. */
/*@ requires \valid_read(data + (0 .. length - 1));
    assigns \nothing; */
uint32_t crc32c_long(uint32_t crc, const uint8_t *data, size_t length);
