/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * ELF64 executables, checked before a byte of them is mapped.
 *
 * The input is bytes of any length from anybody. elf_check either names the one
 * reason why a file is refused or hands out segments about which everything the
 * loader relies on is proved (elf_image_ok below). It does not look at sections,
 * does not relocate, and does not know signatures.
 */
#pragma once
#include <abi/syscall.h>
#include <lib/bytes.h>

#define ELF_SEGMENTS_MAX 16u
#define ELF_MEMORY_MAX 0x40000000ull /* bytes of one image, pages rounded up */
#define ELF_HEADERS_MAX PAGE_SIZE    /* bytes at the start of a file within which all its headers lie */
#define ELF_NAME_MAX 256u            /* longest symbol name looked at */

enum elf_machine {
	ELF_MACHINE_X86_64 = 62,
	ELF_MACHINE_AARCH64 = 183,
	ELF_MACHINE_RISCV = 243,
};

enum elf_verdict {
#define ELF_VERDICT(name, sentence) ELF_##name,
#include <lib/elf_verdict.def>
#undef ELF_VERDICT
	ELF_VERDICT_COUNT,
};

struct elf_segment {
	uint64_t address;     /* first byte in memory; the page around it is the segment's alone */
	uint64_t memory_size; /* bytes, at least 1; those after file_size are zero */
	uint64_t file_offset; /* same offset within its page as `address` */
	uint64_t file_size;   /* bytes */
	uint32_t prot;        /* PROT_*, never WRITE with EXECUTE, WRITE only with READ */
};

struct elf_image {
	uint64_t entry;
	uint32_t segment_count; /* at least 1 */
	struct elf_segment segments[ELF_SEGMENTS_MAX]; /* ascending, no two on one page */
};

/*@ logic integer page_down(integer a) = a - a % PAGE_SIZE;
    logic integer page_up(integer a) = page_down(a + PAGE_SIZE - 1);

    predicate elf_segment_ok(struct elf_segment s, integer length, integer base, integer limit) =
      s.file_offset + s.file_size <= length && s.file_size <= s.memory_size && s.memory_size > 0 &&
      base <= s.address && s.address + s.memory_size <= limit &&
      s.file_offset % PAGE_SIZE == s.address % PAGE_SIZE &&
      (s.prot == PROT_READ || s.prot == PROT_READ + PROT_WRITE ||
       s.prot == PROT_EXECUTE || s.prot == PROT_READ + PROT_EXECUTE);

    predicate elf_before(struct elf_segment a, struct elf_segment b) =
      page_up(a.address + a.memory_size) <= page_down(b.address);

    predicate elf_entry_in(struct elf_segment s, integer entry) =
      (s.prot == PROT_EXECUTE || s.prot == PROT_READ + PROT_EXECUTE) &&
      s.address <= entry < s.address + s.file_size;

    predicate elf_segments_ok{L}(struct elf_image *image, integer length, integer base, integer limit) =
      image->segment_count <= ELF_SEGMENTS_MAX &&
      (\forall integer i; 0 <= i < image->segment_count ==>
        elf_segment_ok(image->segments[i], length, base, limit)) &&
      (\forall integer i, j; 0 <= i < j < image->segment_count ==>
        elf_before(image->segments[i], image->segments[j]));

    predicate elf_image_ok{L}(struct elf_image *image, integer length, integer base, integer limit) =
      elf_segments_ok(image, length, base, limit) &&
      (\exists integer i; 0 <= i < image->segment_count &&
        elf_entry_in(image->segments[i], image->entry));
*/

/* Check a file of `length` bytes as a program for `machine` that wants to live in [user_base, user_limit) (page
 * aligned). Only the first ELF_HEADERS_MAX bytes are read, so only those need be at `data`.
 * *out means something only when the verdict is ELF_OK. */
/*@ requires bytes_in(data, \min(length, ELF_HEADERS_MAX)) && \valid(out);
    requires \separated(out, data + (0 .. \min(length, ELF_HEADERS_MAX) - 1));
    requires user_limit % PAGE_SIZE == 0 && user_limit <= 0x8000000000000000;
    assigns *out;
    ensures \result == ELF_OK ==> elf_image_ok(out, length, user_base, user_limit); */
CC_NODISCARD enum elf_verdict elf_check(const uint8_t *data, size_t length, uint16_t machine,
                                        uint64_t user_base, uint64_t user_limit,
                                        struct elf_image *out);

/* One sentence without a full stop. */
/*@ assigns \result \from verdict; */
const char *elf_verdict_text(enum elf_verdict verdict);

/* The function symbol that covers `address` (or, of symbols without a size, the nearest below it):
 * its name, cut to fit and terminated, and the distance from its start. False: there is none, or the
 * file has no usable symbol table. Safe on any bytes. */
/*@ requires bytes_in(data, length) && size > 0 && \valid(name + (0 .. size - 1)) && \valid(out_offset);
    requires \separated(data + (0 .. length - 1), name + (0 .. size - 1), out_offset);
    assigns name[0 .. size - 1], *out_offset; */
CC_NODISCARD bool elf_symbol_find(const uint8_t *data, size_t length, uint64_t address, char *name,
                                  size_t size, uint64_t *out_offset);
