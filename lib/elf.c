/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * elf_check in three steps: the file header, each loadable segment by itself,
 * and each against those before it. Segments must ascend, so "apart from all
 * before" is one comparison with the end of the last, rounded up to its page.
 */
#include <lib/elf.h>

#define HEADER_SIZE 64u
#define PROGRAM_HEADER_SIZE 56u
#define TYPE_EXECUTABLE 2u

enum program_type {
	PROGRAM_LOAD = 1,
	PROGRAM_DYNAMIC = 2,
	PROGRAM_INTERPRETER = 3,
	PROGRAM_GNU_STACK = 0x6474e551,
};

enum program_flag {
	FLAG_EXECUTE = 1,
	FLAG_WRITE = 2,
	FLAG_READ = 4,
};

/* Where programs may live. */
struct span {
	uint64_t base;
	uint64_t limit;
};

static const char *const sentences[ELF_VERDICT_COUNT] = {
#define ELF_VERDICT(name, sentence) [ELF_##name] = sentence,
#include <lib/elf_verdict.def>
#undef ELF_VERDICT
};

const char *elf_verdict_text(enum elf_verdict verdict)
{
	return (uint32_t)verdict < ELF_VERDICT_COUNT ? sentences[verdict] : "unknown verdict";
}

/*@ requires bytes_in(data, \min(length, ELF_HEADERS_MAX));
    assigns \nothing;
    ensures \result == ELF_OK ==> length >= HEADER_SIZE; */
static enum elf_verdict header_check(const uint8_t *data, size_t length, uint16_t machine)
{
	if (length < HEADER_SIZE)
		return ELF_TRUNCATED;
	if (data[0] != 0x7f || data[1] != 'E' || data[2] != 'L' || data[3] != 'F')
		return ELF_NOT_ELF;
	if (data[4] != 2 || data[5] != 1 || data[6] != 1)
		return ELF_NOT_ELF;
	if (bytes_le16(data + 18) != machine)
		return ELF_MACHINE;
	if (bytes_le16(data + 16) != TYPE_EXECUTABLE)
		return ELF_NOT_EXECUTABLE;
	if (bytes_le16(data + 52) != HEADER_SIZE || bytes_le16(data + 54) != PROGRAM_HEADER_SIZE)
		return ELF_HEADERS;
	return ELF_OK;
}

/* Flags to PROT_*; 0 if they are refused. */
/*@ assigns \nothing;
    ensures \result == 0 || \result == PROT_READ || \result == PROT_READ + PROT_WRITE ||
      \result == PROT_EXECUTE || \result == PROT_READ + PROT_EXECUTE; */
static uint32_t prot_of(uint32_t flags)
{
	switch (flags % 8u) {
	case FLAG_READ: return PROT_READ;
	case FLAG_READ + FLAG_WRITE: return PROT_READ + PROT_WRITE;
	case FLAG_EXECUTE: return PROT_EXECUTE;
	case FLAG_READ + FLAG_EXECUTE: return PROT_READ + PROT_EXECUTE;
	default: return 0;
	}
}

/*@ assigns \nothing;
    ensures \result <==> flags % 2 == 1 && flags / 2 % 2 == 1; */
static bool writable_executable(uint32_t flags)
{
	return flags % 2u == 1u && flags / 2u % 2u == 1u;
}

/* One program header, taken by itself. */
/*@ requires \valid_read(header + (0 .. PROGRAM_HEADER_SIZE - 1)) && \valid(out);
    requires \separated(out, header + (0 .. PROGRAM_HEADER_SIZE - 1));
    assigns *out;
    ensures \result == ELF_OK ==> elf_segment_ok(*out, length, user.base, user.limit); */
static enum elf_verdict segment_decode(const uint8_t *header, size_t length, struct span user,
                                       struct elf_segment *out)
{
	const uint32_t flags = bytes_le32(header + 4);

	out->file_offset = bytes_le64(header + 8);
	out->address = bytes_le64(header + 16);
	out->file_size = bytes_le64(header + 32);
	out->memory_size = bytes_le64(header + 40);
	out->prot = prot_of(flags);
	if (!bytes_fit(length, out->file_offset, out->file_size))
		return ELF_TRUNCATED;
	if (out->memory_size == 0 || out->file_size > out->memory_size)
		return ELF_SEGMENT_SIZE;
	if (out->address < user.base || !bytes_fit(user.limit, out->address, out->memory_size))
		return ELF_SEGMENT_RANGE;
	if (out->file_offset % PAGE_SIZE != out->address % PAGE_SIZE)
		return ELF_SEGMENT_ALIGNMENT;
	if (writable_executable(flags))
		return ELF_WRITABLE_EXECUTABLE;
	if (out->prot == 0)
		return ELF_SEGMENT_ACCESS;
	return ELF_OK;
}

/*@ assigns \nothing; ensures \result == page_down(address); ensures \result <= address; */
static uint64_t round_down(uint64_t address)
{
	return address - address % PAGE_SIZE;
}

/*@ requires address <= 0x8000000000000000;
    assigns \nothing; ensures \result == page_up(address); ensures \result >= address; */
static uint64_t round_up(uint64_t address)
{
	return round_down(address + (PAGE_SIZE - 1u));
}

/* What elf_check has accepted so far, apart from the segments themselves. */
struct progress {
	uint64_t last;  /* address of the last segment */
	uint64_t end;   /* first byte behind it */
	uint64_t bytes; /* of all of them, in whole pages */
};

/*@ predicate progress_ok{L}(struct elf_image *image, struct progress *p, integer length, integer base,
                             integer limit) =
      elf_segments_ok(image, length, base, limit) && p->end <= limit && p->bytes <= ELF_MEMORY_MAX &&
      \forall integer i; 0 <= i < image->segment_count ==>
        image->segments[i].address + image->segments[i].memory_size <= p->end;
*/

/* Append the next segment, if it goes with those before it. */
/*@ requires \valid(image) && \valid(p) && \separated(image, p);
    requires user.limit <= 0x8000000000000000;
    requires progress_ok(image, p, length, user.base, user.limit);
    requires elf_segment_ok(next, length, user.base, user.limit);
    assigns image->segment_count, image->segments[0 .. ELF_SEGMENTS_MAX - 1], *p;
    ensures progress_ok(image, p, length, user.base, user.limit); */
static enum elf_verdict segment_append(struct elf_image *image, struct progress *p, struct elf_segment next,
                                       size_t length, struct span user)
{
	(void)length;
	(void)user;
	if (image->segment_count == ELF_SEGMENTS_MAX)
		return ELF_TOO_MANY_SEGMENTS;
	if (next.address < p->last)
		return ELF_SEGMENT_ORDER;
	if (next.address < p->end)
		return ELF_OVERLAP;
	if (round_down(next.address) < round_up(p->end))
		return ELF_SHARED_PAGE;
	const uint64_t end = next.address + next.memory_size;
	const uint64_t bytes = round_up(end) - round_down(next.address);
	if (bytes > ELF_MEMORY_MAX - p->bytes)
		return ELF_TOO_LARGE;
	/*@ assert before: \forall integer i; 0 <= i < image->segment_count ==>
	      elf_before(image->segments[i], next); */
	const uint32_t count = image->segment_count;
	image->segments[count] = next;
	image->segment_count = count + 1u;
	p->last = next.address;
	p->end = end;
	p->bytes += bytes;
	/*@ assert kept: \forall integer i; 0 <= i < count ==>
	      image->segments[i] == \at(image->segments[i], Pre); */
	//@ assert last: image->segments[count] == next;
	/*@ assert apart: \forall integer i, j; 0 <= i < j < image->segment_count ==>
	      elf_before(image->segments[i], image->segments[j]); */
	//@ assert ok: elf_segments_ok(image, length, user.base, user.limit);
	return ELF_OK;
}

/* One program header, whatever its type. */
/*@ requires \valid_read(data + (offset .. offset + PROGRAM_HEADER_SIZE - 1));
    requires \valid(image) && \valid(p);
    requires \separated(image, p, data + (offset .. offset + PROGRAM_HEADER_SIZE - 1));
    requires user.limit <= 0x8000000000000000;
    requires progress_ok(image, p, length, user.base, user.limit);
    assigns image->segment_count, image->segments[0 .. ELF_SEGMENTS_MAX - 1], *p;
    ensures progress_ok(image, p, length, user.base, user.limit); */
static enum elf_verdict program_header(const uint8_t *data, size_t length, size_t offset, struct span user,
                                       struct elf_image *image, struct progress *p)
{
	const uint32_t type = bytes_le32(data + offset);
	struct elf_segment next = { 0 };

	if (type == PROGRAM_DYNAMIC || type == PROGRAM_INTERPRETER)
		return ELF_NOT_EXECUTABLE;
	if (type == PROGRAM_GNU_STACK && bytes_le32(data + offset + 4) % 2u == FLAG_EXECUTE)
		return ELF_STACK_EXECUTABLE;
	if (type != PROGRAM_LOAD)
		return ELF_OK;
	const enum elf_verdict verdict = segment_decode(data + offset, length, user, &next);
	if (verdict != ELF_OK)
		return verdict;
	return segment_append(image, p, next, length, user);
}

/*@ requires \valid_read(image) && image->segment_count <= ELF_SEGMENTS_MAX;
    requires elf_segments_ok(image, length, base, limit);
    assigns \nothing;
    ensures \result ==> \exists integer i; 0 <= i < image->segment_count &&
      elf_entry_in(image->segments[i], image->entry); */
static bool entry_found(const struct elf_image *image, size_t length, uint64_t base, uint64_t limit)
{
	(void)length;
	(void)base;
	(void)limit;
	/*@ loop invariant 0 <= i <= image->segment_count;
	    loop assigns i;
	    loop variant image->segment_count - i; */
	for (uint32_t i = 0; i < image->segment_count; i++) {
		const uint64_t address = image->segments[i].address;
		const uint32_t prot = image->segments[i].prot;
		if ((prot == PROT_EXECUTE || prot == PROT_READ + PROT_EXECUTE) && image->entry >= address &&
		    image->entry - address < image->segments[i].file_size)
			return true;
	}
	return false;
}

enum elf_verdict elf_check(const uint8_t *data, size_t length, uint16_t machine, uint64_t user_base,
                           uint64_t user_limit, struct elf_image *out)
{
	const struct span user = { user_base, user_limit };
	struct progress p = { 0, 0, 0 };
	enum elf_verdict verdict = header_check(data, length, machine);

	if (verdict != ELF_OK)
		return verdict;
	const uint64_t table = bytes_le64(data + 32);
	const uint32_t count = bytes_le16(data + 56);
	if (!bytes_fit(length, table, (uint64_t)count * PROGRAM_HEADER_SIZE))
		return ELF_TRUNCATED;
	if (!bytes_fit(ELF_HEADERS_MAX, table, (uint64_t)count * PROGRAM_HEADER_SIZE))
		return ELF_HEADERS_FAR;
	out->entry = bytes_le64(data + 24);
	out->segment_count = 0;
	/*@ loop invariant 0 <= i <= count;
	    loop invariant progress_ok(out, &p, length, user_base, user_limit);
	    loop assigns i, p, verdict, out->segment_count, out->segments[0 .. ELF_SEGMENTS_MAX - 1];
	    loop variant count - i; */
	for (uint32_t i = 0; i < count; i++) {
		verdict = program_header(data, length, table + (uint64_t)i * PROGRAM_HEADER_SIZE, user, out, &p);
		if (verdict != ELF_OK)
			return verdict;
	}
	if (out->segment_count == 0)
		return ELF_NO_SEGMENT;
	return entry_found(out, length, user_base, user_limit) ? ELF_OK : ELF_ENTRY;
}
