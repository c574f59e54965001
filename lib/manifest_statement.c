/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a line of the manifest can say: its first word picks a row of a table. */
#include "manifest_priv.h"
#include <lib/string.h>

/* A statement's function gets all its words, the statement first; NULL, or what is wrong. */
/*@ // A statement of an entry, whose words lie elsewhere.
    predicate words_apart(struct manifest_entry *entry, char **words, integer count) =
      words_ok(words, count) && \separated(entry, words + (0 .. count - 1)) &&
      \forall integer i; 0 <= i < count ==> \separated(entry, words[i] + (0 .. 0x7fffffff));
    predicate statement_ok(struct parser *parser, char **words, integer count) =
      \valid(parser) && \valid(parser->entry) && \separated(parser, parser->entry) && entry_ok(parser->entry) &&
      words_apart(parser->entry, words, count);
*/

/*@ requires text_ok(from);
    requires \valid(to + (0 .. size - 1)) && 0 < size < 0x80000000;
    requires \separated(to + (0 .. size - 1), from + (0 .. 0x7fffffff));
    assigns to[0 .. size - 1];
    ensures \at(from[0], Pre) != '\0' ==> ends_within(to, size);
    ensures \forall char *text; text_ok{Pre}(text) && \separated(to + (0 .. size - 1), text + (0 .. 0x7fffffff)) ==>
      text_ok(text); */
static bool copy(char *to, size_t size, const char *from)
{
	return from[0] != '\0' && string_copy(to, size, from) < size;
}

/* A word, and one of ours. */
/*@ requires text_ok(word);
    requires literal(ours);
    assigns \nothing; */
static bool is(const char *word, const char *ours)
{
	return strcmp(word, ours) == 0;
}

/* ---- sections ---- */
/*@ requires parser_ok(parser);
    requires text_ok(name) && \separated(parser->manifest, name + (0 .. 0x7fffffff));
    assigns parser->entry, parser->profile, *parser->manifest;
    ensures parser_ok(parser); */
static const char *section_profile(struct parser *parser, const char *name)
{
	struct manifest *manifest = parser->manifest;

	parser->entry = NULL;
	/*@ loop invariant 0 <= i <= manifest->profile_count;
	    loop assigns i;
	    loop variant manifest->profile_count - i; */
	for (uint32_t i = 0; i < manifest->profile_count; i++) {
		if (strncmp(name, manifest->profiles[i].name, MANIFEST_NAME_MAX) == 0)
			return "this name is there already";
	}
	if (manifest->profile_count == MANIFEST_PROFILES_MAX)
		return "too many profiles";
	parser->profile = &manifest->profiles[manifest->profile_count++];
	*parser->profile = (struct manifest_profile){.mask = 0};
	//@ assert name: \forall integer end; text_ends{Pre}(name, 0, end) ==> text_ends(name, 0, end);
	const bool fits = copy(parser->profile->name, sizeof(parser->profile->name), name);
	/*@ assert entries: \forall integer i; 0 <= i < manifest->entry_count ==>
	      counts_same{Pre, Here}(&manifest->entries[i]); */
	//@ assert whole: manifest_whole(manifest);
	return fits ? NULL : "the name is too long";
}

/* Nothing is said of it yet. */
/*@ requires \valid(entry);
    assigns *entry;
    ensures entry_ok(entry); */
static void entry_begin(struct manifest_entry *entry, uint32_t line, bool service)
{
	*entry = (struct manifest_entry){
		.service = service,
		.line = line,
		.version = 1,
		.priority = PRIORITY_NORMAL,
		.memory_pages = 256,
		.stack_pages = 16,
		.threads = 4,
		.objects = 32,
	};
}

/* One more, behind the others. */
/*@ requires \valid(manifest) && manifest_whole(manifest) && manifest->entry_count < MANIFEST_ENTRIES_MAX;
    assigns manifest->entry_count, manifest->entries[manifest->entry_count];
    ensures manifest_whole(manifest) && manifest->entry_count == \old(manifest->entry_count) + 1;
    ensures \result == &manifest->entries[\old(manifest->entry_count)];
    ensures \forall char *text, integer end; text_ends{Pre}(text, 0, end) &&
      \separated(manifest, text + (0 .. 0x7fffffff)) ==> text_ends(text, 0, end); */
static struct manifest_entry *entry_add(struct manifest *manifest, uint32_t line, bool service)
{
	struct manifest_entry *entry = &manifest->entries[manifest->entry_count];

	entry_begin(entry, line, service);
	/*@ assert others: \forall integer i; 0 <= i < manifest->entry_count ==>
	      counts_same{Pre, Here}(&manifest->entries[i]); */
	manifest->entry_count++;
	//@ assert before: \forall integer i; 0 <= i < manifest->entry_count - 1 ==> entry_ok(&manifest->entries[i]);
	//@ assert fresh: entry_ok(&manifest->entries[manifest->entry_count - 1]);
	return entry;
}

/* A name, and until it says otherwise that of its image. */
/*@ requires \valid(entry) && text_ok(name) && \separated(entry, name + (0 .. 0x7fffffff));
    assigns entry->name[0 .. MANIFEST_ENTRY_NAME_MAX - 1], entry->image[0 .. MODULE_NAME_MAX - 1]; */
static bool entry_name(struct manifest_entry *entry, const char *name)
{
	return copy(entry->name, sizeof(entry->name), name) && copy(entry->image, sizeof(entry->image), name);
}

/*@ requires parser_ok(parser);
    requires text_ok(name) && \separated(parser->manifest, name + (0 .. 0x7fffffff));
    assigns parser->entry, parser->profile, parser->seen, *parser->manifest;
    ensures parser_ok(parser); */
static const char *section_entry(struct parser *parser, const char *name, bool service)
{
	struct manifest *manifest = parser->manifest;

	parser->profile = NULL;
	parser->seen = 0;
	if (manifest_find(manifest, name) != NULL)
		return "this name is there already";
	if (manifest->entry_count == MANIFEST_ENTRIES_MAX)
		return "too many services and programs";
	parser->entry = entry_add(manifest, parser->line, service);
	//@ assert name: \forall integer end; text_ends{Pre}(name, 0, end) ==> text_ends(name, 0, end);
	//@ assert whole: manifest_whole(manifest);
	return entry_name(parser->entry, name) ? NULL : "the name is too long";
}

/* ---- statements of a profile ---- */
struct bits_name {
	char word[24];
	uint64_t bits;
};

static const struct bits_name calls[] = {
	{"all", (1ull << SYSCALL_COUNT) - 1u},
#define SYSCALL(number, name, shape, sentence) {#name, 1ull << (number)},
#include <abi/syscall.def>
#undef SYSCALL
};

static const struct bits_name rights[] = {
#define RIGHT(name, bit, text) {text, 1u << (bit)},
#include <abi/right.def>
#undef RIGHT
};

#define CALLS  (sizeof(calls) / sizeof(calls[0]))
#define RIGHTS (sizeof(rights) / sizeof(rights[0]))

/* 0: no row is named so. */
/*@ requires \valid_read(names + (0 .. count - 1)) && text_ok(word);
    assigns \nothing; */
static uint64_t bits_named(const struct bits_name *names, size_t count, const char *word)
{
	/*@ loop invariant 0 <= i <= count;
	    loop assigns i;
	    loop variant count - i; */
	for (size_t i = 0; i < count; i++) {
		if (strncmp(word, names[i].word, sizeof(names[i].word)) == 0)
			return names[i].bits;
	}
	return 0;
}

/*@ requires \valid(profile) && count > 0 && words_ok(words, count) && \separated(profile, words + (0 .. count - 1));
    assigns profile->mask; */
static const char *profile_change(struct manifest_profile *profile, char **words, uint32_t count, bool allow)
{
	/*@ loop invariant 1 <= i <= count;
	    loop assigns i, profile->mask;
	    loop variant count - i; */
	for (uint32_t i = 1; i < count; i++) {
		const uint64_t bits = bits_named(calls, CALLS, words[i]);

		if (bits == 0)
			return "there is no system call of this name";
		if (allow)
			profile->mask |= bits;
		else
			profile->mask &= ~bits;
	}
	return NULL;
}

/* ---- statements of a service or program ---- */
/*@ requires statement_ok(parser, words, count) && count > 1;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_image(struct parser *parser, char **words, uint32_t count)
{
	(void)count;
	return copy(parser->entry->image, sizeof(parser->entry->image), words[1]) ? NULL
	                                                                          : "the name is too long";
}

/*@ requires statement_ok(parser, words, count) && count > 1;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_principal(struct parser *parser, char **words, uint32_t count)
{
	(void)count;
	return copy(parser->entry->principal, sizeof(parser->entry->principal), words[1])
	               ? NULL
	               : "the label is too long";
}

/*@ requires \valid(entry) && entry_ok(entry) && text_ok(word) && \separated(entry, word + (0 .. 0x7fffffff));
    assigns *entry;
    ensures entry_ok(entry);
    ensures \forall char *text; text_ok{Pre}(text) && \separated(entry, text + (0 .. 0x7fffffff)) ==> text_ok(text); */
static const char *argument_add(struct manifest_entry *entry, const char *word)
{
	const size_t room = sizeof(entry->arguments) - entry->argument_bytes;
	const size_t length = string_copy(entry->arguments + entry->argument_bytes, room, word);

	if (length >= room)
		return "the arguments are too long";
	entry->argument_bytes += (uint32_t)length + 1u;
	entry->argument_count++;
	return NULL;
}

/*@ requires statement_ok(parser, words, count) && count > 1;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_arguments(struct parser *parser, char **words, uint32_t count)
{
	const char *reason = NULL;

	/*@ loop invariant 1 <= i <= count;
	    loop invariant entry_ok(parser->entry);
	    loop invariant words_ok(words, count);
	    loop assigns i, reason, *parser->entry;
	    loop variant count - i; */
	for (uint32_t i = 1; i < count && reason == NULL; i++)
		reason = argument_add(parser->entry, words[i]);
	return reason;
}

/*@ requires statement_ok(parser, words, count) && count > 1;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_serves(struct parser *parser, char **words, uint32_t count)
{
	uint64_t depth = 0;

	if (count == 3 && (!text_number(words[2], &depth) || depth > 64))
		return "the depth is 0 to 64";
	parser->entry->serves_depth = (uint32_t)depth;
	return copy(parser->entry->serves, sizeof(parser->entry->serves), words[1])
	               ? NULL
	               : "the name is too long";
}

/* After the endpoint's name: each word at most once. */
/*@ requires \valid(use);
    requires count > 1 && words_ok(words, count);
    requires \separated(use, words + (0 .. count - 1));
    assigns use->control, use->grant; */
static bool use_words(struct manifest_use *use, char **words, uint32_t count)
{
	/*@ loop invariant 2 <= i <= count;
	    loop assigns i, use->control, use->grant;
	    loop variant count - i; */
	for (uint32_t i = 2; i < count; i++) {
		bool *flag = is(words[i], "control") ? &use->control : is(words[i], "grant") ? &use->grant : NULL;

		if (flag == NULL || *flag)
			return false;
		*flag = true;
	}
	return true;
}

/*@ requires statement_ok(parser, words, count) && count > 1;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_uses(struct parser *parser, char **words, uint32_t count)
{
	struct manifest_entry *entry = parser->entry;

	/*@ loop invariant 0 <= i <= entry->use_count;
	    loop assigns i;
	    loop variant entry->use_count - i; */
	for (uint32_t i = 0; i < entry->use_count; i++) {
		if (strncmp(words[1], entry->uses[i].name, MANIFEST_NAME_MAX) == 0)
			return "it uses this endpoint already";
	}
	if (entry->use_count == MANIFEST_USES_MAX)
		return "too many endpoints";
	struct manifest_use *use = &entry->uses[entry->use_count++];
	use->line = parser->line;
	if (!use_words(use, words, count))
		return "only \"control\" and \"grant\" may follow";
	return copy(use->name, sizeof(use->name), words[1]) ? NULL : "the name is too long";
}

/*@ requires \valid(entry) && entry_ok(entry) && text_ok(name) && \separated(entry, name + (0 .. 0x7fffffff));
    assigns *entry;
    ensures entry_ok(entry);
    ensures \forall char *text; text_ok{Pre}(text) && \separated(entry, text + (0 .. 0x7fffffff)) ==> text_ok(text); */
static const char *depend_add(struct manifest_entry *entry, const char *name, uint32_t line)
{
	if (entry->depend_count == MANIFEST_DEPENDS_MAX)
		return "too many dependencies";
	struct manifest_depend *depend = &entry->depends[entry->depend_count++];
	depend->line = line;
	//@ assert name: text_ok(name);
	return copy(depend->name, sizeof(depend->name), name) ? NULL : "the name is too long";
}

/*@ requires statement_ok(parser, words, count) && count > 1;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_depends(struct parser *parser, char **words, uint32_t count)
{
	const char *reason = NULL;

	/*@ loop invariant 1 <= i <= count;
	    loop invariant entry_ok(parser->entry);
	    loop invariant words_ok(words, count);
	    loop assigns i, reason, *parser->entry;
	    loop variant count - i; */
	for (uint32_t i = 1; i < count && reason == NULL; i++)
		reason = depend_add(parser->entry, words[i], parser->line);
	return reason;
}

/*@ requires statement_ok(parser, words, count) && count > 1;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_handle(struct parser *parser, char **words, uint32_t count)
{
	struct manifest_entry *entry = parser->entry;

	if (count < 3)
		return "which rights?";
	if (entry->handle_count == MANIFEST_HANDLES_MAX)
		return "too many handles";
	struct manifest_handle *handle = &entry->handles[entry->handle_count++];
	/*@ loop invariant 2 <= i <= count;
	    loop assigns i, handle->rights;
	    loop variant count - i; */
	for (uint32_t i = 2; i < count; i++) {
		const uint64_t right = bits_named(rights, RIGHTS, words[i]);

		if (right == 0)
			return "there is no right of this name";
		handle->rights |= (uint32_t)right;
	}
	return copy(handle->name, sizeof(handle->name), words[1]) ? NULL : "the name is too long";
}

/* Four hexadecimal digits; false: something else. */
/*@ requires \valid_read(text + (0 .. 3)) && \valid(out);
    assigns *out; */
static bool id_half(const char *text, uint16_t *out)
{
	uint32_t value = 0;

	/*@ loop invariant 0 <= i <= 4 && value < 0x10000 && (i == 0 ==> value == 0) && (i == 1 ==> value < 0x10) &&
	      (i == 2 ==> value < 0x100) && (i == 3 ==> value < 0x1000);
	    loop assigns i, value;
	    loop variant 4 - i; */
	for (uint32_t i = 0; i < 4; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			value = value * 16u + (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value * 16u + (uint32_t)(c - 'a') + 10u;
		else
			return false;
	}
	*out = (uint16_t)value;
	return true;
}

/* The word's length first: what follows reads nine characters. */
/*@ requires text_ok(word) && \valid(out);
    assigns *out; */
static bool pci_id(const char *word, struct manifest_pci_id *out)
{
	return strlen(word) == 9 && word[4] == ':' && id_half(word, &out->vendor) && id_half(word + 5, &out->device);
}

/* What begins with "device pci". */
/*@ requires \valid(entry) && entry_ok(entry);
    requires words_ok(words, count);
    requires \separated(entry, words + (0 .. count - 1));
    assigns *entry;
    ensures entry_ok(entry); */
static const char *device_pci(struct manifest_entry *entry, char **words, uint32_t count)
{
	if (count < 3 || count > MANIFEST_PCI_IDS_MAX + 2u)
		return "a PCI device has one to eight ids";
	/*@ loop invariant 2 <= i <= count;
	    loop assigns i, entry->pci_ids[0 .. MANIFEST_PCI_IDS_MAX - 1];
	    loop variant count - i; */
	for (uint32_t i = 2; i < count; i++) {
		if (!pci_id(words[i], &entry->pci_ids[i - 2u]))
			return "an id is four hexadecimal digits, a colon, and four more";
	}
	entry->device = MANIFEST_DEVICE_PCI;
	entry->pci_id_count = count - 2u;
	return NULL;
}

/*@ requires statement_ok(parser, words, count) && count > 1;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_device(struct parser *parser, char **words, uint32_t count)
{
	if (is(words[1], "pci"))
		return device_pci(parser->entry, words, count);
	if (count == 2 && is(words[1], "uart"))
		parser->entry->device = MANIFEST_DEVICE_UART;
	else if (count == 2 && is(words[1], "rtc"))
		parser->entry->device = MANIFEST_DEVICE_RTC;
	else
		return "a device is uart, rtc, or pci with ids";
	return NULL;
}

/*@ requires statement_ok(parser, words, count) && count > 1;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_restart(struct parser *parser, char **words, uint32_t count)
{
	enum manifest_restart restart;
	uint64_t limit = 0;

	//@ assert text_ok(words[1]) && (count == 3 ==> text_ok(words[2]));
	if (is(words[1], "never"))
		restart = RESTART_NEVER;
	else if (is(words[1], "failure"))
		restart = RESTART_FAILURE;
	else if (is(words[1], "always"))
		restart = RESTART_ALWAYS;
	else
		return "it is always, failure or never";
	if (count == 3 && (restart == RESTART_NEVER || !text_number(words[2], &limit) || limit > 1000))
		return "the limit is 0 to 1000, and not for never";
	parser->entry->restart = restart;
	parser->entry->restart_limit = (uint32_t)limit;
	return NULL;
}

bool manifest_tier_named(const char *word, enum manifest_tier *out_tier)
{
	if (is(word, "embedded"))
		*out_tier = MANIFEST_TIER_EMBEDDED;
	else if (is(word, "standard"))
		*out_tier = MANIFEST_TIER_STANDARD;
	else if (is(word, "full"))
		*out_tier = MANIFEST_TIER_FULL;
	else
		return false;
	return true;
}

/*@ requires statement_ok(parser, words, count) && count > 1;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_tier(struct parser *parser, char **words, uint32_t count)
{
	(void)count;
	return manifest_tier_named(words[1], &parser->entry->tier) ? NULL : "it is embedded, standard or full";
}

/*@ requires statement_ok(parser, words, count) && count > 1;
    requires \valid_read(parser->manifest) && manifest_ok(parser->manifest);
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_calls(struct parser *parser, char **words, uint32_t count)
{
	const struct manifest *manifest = parser->manifest;

	(void)count;
	/*@ loop invariant 0 <= i <= manifest->profile_count;
	    loop assigns i;
	    loop variant manifest->profile_count - i; */
	for (uint32_t i = 0; i < manifest->profile_count; i++) {
		if (strncmp(words[1], manifest->profiles[i].name, MANIFEST_NAME_MAX) == 0) {
			parser->entry->syscall_mask = manifest->profiles[i].mask;
			parser->entry->profile = i;
			return NULL;
		}
	}
	return "no profile of this name is defined above";
}

/*@ requires text_ok(word) && \valid(out);
    assigns *out; */
static const char *state_number(const char *word, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t value;

	if (!text_number(word, &value) || value < min || value > max)
		return "one number is needed, within its bounds";
	*out = (uint32_t)value;
	return NULL;
}

/* Of a service or program: the word, how many may follow it (one has to), whether it may be said again, what then. */
#define NUMBER(min, max, field) state_number(words[1], min, max, &parser->entry->field)
#define STATEMENTS(ROW)                                                                   \
	ROW(image, 1, false, state_image(parser, words, count))                           \
	ROW(principal, 1, false, state_principal(parser, words, count))                   \
	ROW(arguments, MANIFEST_WORDS_MAX, true, state_arguments(parser, words, count))   \
	ROW(serves, 2, false, state_serves(parser, words, count))                         \
	ROW(uses, 3, true, state_uses(parser, words, count))                              \
	ROW(depends, MANIFEST_WORDS_MAX, true, state_depends(parser, words, count))       \
	ROW(handle, MANIFEST_WORDS_MAX, true, state_handle(parser, words, count))         \
	ROW(device, MANIFEST_PCI_IDS_MAX + 1u, false, state_device(parser, words, count)) \
	ROW(calls, 1, false, state_calls(parser, words, count))                           \
	ROW(restart, 2, false, state_restart(parser, words, count))                       \
	ROW(tier, 1, false, state_tier(parser, words, count))                             \
	ROW(version, 1, false, NUMBER(1, UINT32_MAX, version))                            \
	ROW(priority, 1, false, NUMBER(0, PRIORITY_MAX, priority))                        \
	ROW(cpu, 1, false, NUMBER(1, CPU_PERCENT_MAX, cpu_percent))                       \
	ROW(ready, 1, false, NUMBER(1, MANIFEST_READY_MAX, ready_seconds))                \
	ROW(memory, 1, false, NUMBER(16, 1u << 24, memory_pages))                         \
	ROW(stack, 1, false, NUMBER(1, 1024, stack_pages))                                \
	ROW(threads, 1, false, NUMBER(1, 64, threads))                                    \
	ROW(objects, 1, false, NUMBER(0, 4096, objects))                                  \
	ROW(children, 1, false, NUMBER(0, 64, children))                                  \
	ROW(keeps, 1, false, NUMBER(1, 1024, keeps_pages))

#define ROW_NAME(word, max, often, function) STATEMENT_##word,
enum { STATEMENTS(ROW_NAME) STATEMENT_COUNT };
_Static_assert(STATEMENT_COUNT <= 64, "a bit per statement");

#define ROW_LIMITS(word, max, often, function) {#word, max, often},
static const struct {
	char word[12];
	uint32_t max;
	bool often;
} statements[] = {STATEMENTS(ROW_LIMITS)};

/*@ requires text_ok(word);
    assigns \nothing;
    ensures \result <= STATEMENT_COUNT; */
static uint32_t statement_named(const char *word)
{
	uint32_t row = 0;

	/*@ loop invariant 0 <= row <= STATEMENT_COUNT;
	    loop assigns row;
	    loop variant STATEMENT_COUNT - row; */
	while (row < STATEMENT_COUNT && strncmp(word, statements[row].word, sizeof(statements[row].word)) != 0)
		row++;
	return row;
}

/* True the first time in a section. */
/*@ requires \valid(parser) && row < 64;
    assigns parser->seen; */
static bool first_time(struct parser *parser, uint32_t row)
{
	const bool first = !bit_get(parser->seen, row);

	parser->seen = bit_set(parser->seen, row);
	return first;
}

/*@ requires statement_ok(parser, words, count) && (row < STATEMENT_COUNT ==> count > 1);
    requires \valid_read(parser->manifest) && manifest_ok(parser->manifest);
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *statement_do(struct parser *parser, uint32_t row, char **words, uint32_t count)
{
#define ROW_CASE(word, max, often, function)                                                              \
	case STATEMENT_##word:                                                                            \
		return function;
	switch (row) {
		STATEMENTS(ROW_CASE)
	default:
		return "there is no such statement of a service or program";
	}
}

/*@ requires parser_ok(parser) && parser->entry != NULL && count > 0 && apart(parser, words, count);
    assigns parser->seen, *parser->entry;
    ensures parser_ok(parser); */
static const char *entry_statement(struct parser *parser, char **words, uint32_t count)
{
	//@ assert \valid(parser->entry) && entry_ok(parser->entry);
	//@ assert words_apart(parser->entry, words, count);
	const uint32_t row = statement_named(words[0]);

	if (row < STATEMENT_COUNT) {
		if (!statements[row].often && !first_time(parser, row))
			return "this was said already";
		if (count < 2 || count - 1u > statements[row].max)
			return "too few or too many words";
	}
	const char *const reason = statement_do(parser, row, words, count);
	//@ assert count: parser->manifest->entry_count == \at(parser->manifest->entry_count, Pre);
	//@ assert last: parser->entry == &parser->manifest->entries[parser->manifest->entry_count - 1];
	/*@ assert others: \forall integer i; 0 <= i < parser->manifest->entry_count - 1 ==>
	      counts_same{Pre, Here}(&parser->manifest->entries[i]); */
	//@ assert whole: manifest_whole(parser->manifest);
	return reason;
}

/*@ requires parser_ok(parser) && parser->profile != NULL && count > 0 && apart(parser, words, count);
    assigns parser->profile->mask; */
static const char *profile_statement(struct parser *parser, char **words, uint32_t count)
{
	const bool allow = is(words[0], "allow");

	if (!allow && !is(words[0], "deny"))
		return "a profile says only what it allows and denies";
	//@ assert \valid(parser->profile);
	//@ assert \separated(parser->profile, words + (0 .. count - 1));
	return count == 1 ? "which system calls?" : profile_change(parser->profile, words, count, allow);
}

const char *manifest_statement(struct parser *parser, char **words, uint32_t count)
{
	const bool service = is(words[0], "service");
	const bool program = is(words[0], "program");

	if (service || program || is(words[0], "profile")) {
		if (count != 2)
			return "one name is needed";
		return service || program ? section_entry(parser, words[1], service) : section_profile(parser, words[1]);
	}
	if (parser->profile != NULL)
		return profile_statement(parser, words, count);
	if (parser->entry != NULL)
		return entry_statement(parser, words, count);
	return "a service, a program or a profile has to come first";
}
