/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a line of the manifest can say: its first word picks a row of a table. */
#include "manifest_priv.h"
#include <lib/string.h>

/* A statement's function gets its words without the first; NULL, or what is wrong. */
typedef const char *statement_function(struct parser *parser, char **words, uint32_t count);

/*@ // An entry whose counts are within its arrays.
    predicate entry_ok(struct manifest_entry *entry) =
      entry->argument_bytes <= MANIFEST_ARGUMENTS_MAX && entry->argument_count <= entry->argument_bytes &&
      entry->use_count <= MANIFEST_USES_MAX && entry->depend_count <= MANIFEST_DEPENDS_MAX &&
      entry->handle_count <= MANIFEST_HANDLES_MAX && entry->pci_id_count <= MANIFEST_PCI_IDS_MAX;

    // One of its statements, whose words lie elsewhere.
    predicate words_apart(struct manifest_entry *entry, char **words, integer count) =
      words_ok(words, count) && \separated(entry, words + (0 .. count - 1)) &&
      \forall integer i; 0 <= i < count ==> \separated(entry, words[i] + (0 .. 0x7fffffff));
    predicate sections_ok(struct manifest *manifest) =
      manifest->entry_count <= MANIFEST_ENTRIES_MAX && manifest->profile_count <= MANIFEST_PROFILES_MAX;
    predicate statement_ok(struct parser *parser, char **words, integer count) =
      \valid(parser) && \valid(parser->entry) && \separated(parser, parser->entry) && entry_ok(parser->entry) &&
      words_apart(parser->entry, words, count);
*/

/*@ requires text_ok(from);
    requires \valid(to + (0 .. size - 1)) && 0 < size < 0x80000000;
    requires \separated(to + (0 .. size - 1), from + (0 .. 0x7fffffff));
    assigns to[0 .. size - 1];
    ensures \forall char *text, integer end; text_ends{Pre}(text, 0, end) &&
      \separated(to + (0 .. size - 1), text + (0 .. 0x7fffffff)) ==> text_ends(text, 0, end); */
static bool copy(char *to, size_t size, const char *from)
{
	return from[0] != '\0' && string_copy(to, size, from) < size;
}

/* A word, and one of ours. */
/*@ requires text_ok(word);
    assigns \nothing; */
static bool is(const char *word, const char *ours)
{
	return strcmp(word, ours) == 0;
}

/* ---- sections ---- */
/*@ requires \valid(parser) && \valid(parser->manifest) && \separated(parser, parser->manifest);
    requires sections_ok(parser->manifest) && count > 0 && words_ok(words, count) && \separated(parser, words + (0 .. count - 1)) &&
      \separated(parser->manifest, words + (0 .. count - 1)) && \separated(parser->manifest, words[0] + (0 .. 0x7fffffff));
    assigns parser->entry, parser->profile, parser->seen, *parser->manifest;
    ensures sections_ok(parser->manifest); */
static const char *section_profile(struct parser *parser, char **words, uint32_t count)
{
	struct manifest *manifest = parser->manifest;

	(void)count;
	parser->entry = NULL;
	parser->seen = 0;
	/*@ loop invariant 0 <= i <= manifest->profile_count;
	    loop assigns i;
	    loop variant manifest->profile_count - i; */
	for (uint32_t i = 0; i < manifest->profile_count; i++) {
		if (is(words[0], manifest->profiles[i].name))
			return "this name is there already";
	}
	if (manifest->profile_count == MANIFEST_PROFILES_MAX)
		return "too many profiles";
	parser->profile = &manifest->profiles[manifest->profile_count++];
	return copy(parser->profile->name, sizeof(parser->profile->name), words[0])
	               ? NULL
	               : "the name is too long";
}

/*@ requires \valid(parser) && \valid(parser->manifest) && \separated(parser, parser->manifest);
    requires sections_ok(parser->manifest) && text_ok(name) && \separated(parser->manifest, name + (0 .. 0x7fffffff));
    assigns parser->entry, parser->profile, parser->seen, *parser->manifest;
    ensures sections_ok(parser->manifest); */
static const char *section_entry(struct parser *parser, const char *name, bool service)
{
	struct manifest *manifest = parser->manifest;

	parser->profile = NULL;
	parser->seen = 0;
	if (manifest_find(manifest, name) != NULL)
		return "this name is there already";
	if (manifest->entry_count == MANIFEST_ENTRIES_MAX)
		return "too many services and programs";
	parser->entry = &manifest->entries[manifest->entry_count++];
	*parser->entry = (struct manifest_entry){
		.service = service,
		.line = parser->line,
		.version = 1,
		.priority = PRIORITY_NORMAL,
		.memory_pages = 256,
		.stack_pages = 16,
		.threads = 4,
		.objects = 32,
	};
	//@ assert \forall integer end; text_ends{Pre}(name, 0, end) ==> text_ends(name, 0, end);
	if (!copy(parser->entry->name, sizeof(parser->entry->name), name) ||
	    !copy(parser->entry->image, sizeof(parser->entry->image), name))
		return "the name is too long";
	return NULL;
}

/*@ requires \valid(parser) && \valid(parser->manifest) && \separated(parser, parser->manifest);
    requires sections_ok(parser->manifest) && count > 0 && words_ok(words, count) && \separated(parser, words + (0 .. count - 1)) &&
      \separated(parser->manifest, words + (0 .. count - 1)) && \separated(parser->manifest, words[0] + (0 .. 0x7fffffff));
    assigns parser->entry, parser->profile, parser->seen, *parser->manifest;
    ensures sections_ok(parser->manifest); */
static const char *section_service(struct parser *parser, char **words, uint32_t count)
{
	(void)count;
	return section_entry(parser, words[0], true);
}

/*@ requires \valid(parser) && \valid(parser->manifest) && \separated(parser, parser->manifest);
    requires sections_ok(parser->manifest) && count > 0 && words_ok(words, count) && \separated(parser, words + (0 .. count - 1)) &&
      \separated(parser->manifest, words + (0 .. count - 1)) && \separated(parser->manifest, words[0] + (0 .. 0x7fffffff));
    assigns parser->entry, parser->profile, parser->seen, *parser->manifest;
    ensures sections_ok(parser->manifest); */
static const char *section_program(struct parser *parser, char **words, uint32_t count)
{
	(void)count;
	return section_entry(parser, words[0], false);
}

/* ---- statements of a profile ---- */
/*@ requires text_ok(word);
    assigns \nothing; */
static uint64_t calls_named(const char *word)
{
	if (is(word, "all"))
		return (1ull << SYSCALL_COUNT) - 1u;
#define SYSCALL(number, name, shape, sentence)                                                             \
	if (is(word, #name))                                                                               \
		return 1ull << (number);
#include <abi/syscall.def>
#undef SYSCALL
	return 0;
}

/*@ requires \valid(parser) && \valid(parser->profile) && words_ok(words, count) && \separated(parser, parser->profile);
    requires \separated(parser->profile, words + (0 .. count - 1));
    assigns parser->profile->mask; */
static const char *profile_change(struct parser *parser, char **words, uint32_t count, bool allow)
{
	/*@ loop invariant 0 <= i <= count;
	    loop assigns i, parser->profile->mask;
	    loop variant count - i; */
	for (uint32_t i = 0; i < count; i++) {
		uint64_t calls = calls_named(words[i]);

		if (calls == 0)
			return "there is no system call of this name";
		if (allow)
			parser->profile->mask |= calls;
		else
			parser->profile->mask &= ~calls;
	}
	return NULL;
}

/*@ requires \valid(parser) && \valid(parser->profile) && words_ok(words, count) && \separated(parser, parser->profile);
    requires \separated(parser->profile, words + (0 .. count - 1));
    assigns parser->profile->mask; */
static const char *state_allow(struct parser *parser, char **words, uint32_t count)
{
	return profile_change(parser, words, count, true);
}

/*@ requires \valid(parser) && \valid(parser->profile) && words_ok(words, count) && \separated(parser, parser->profile);
    requires \separated(parser->profile, words + (0 .. count - 1));
    assigns parser->profile->mask; */
static const char *state_deny(struct parser *parser, char **words, uint32_t count)
{
	return profile_change(parser, words, count, false);
}

/* ---- statements of a service or program ---- */
/*@ requires statement_ok(parser, words, count) && count > 0;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_image(struct parser *parser, char **words, uint32_t count)
{
	(void)count;
	return copy(parser->entry->image, sizeof(parser->entry->image), words[0]) ? NULL
	                                                                          : "the name is too long";
}

/*@ requires statement_ok(parser, words, count) && count > 0;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_principal(struct parser *parser, char **words, uint32_t count)
{
	(void)count;
	return copy(parser->entry->principal, sizeof(parser->entry->principal), words[0])
	               ? NULL
	               : "the label is too long";
}

/*@ requires statement_ok(parser, words, count) && count > 0;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_arguments(struct parser *parser, char **words, uint32_t count)
{
	struct manifest_entry *entry = parser->entry;

	/*@ loop invariant 0 <= i <= count;
	    loop invariant entry_ok(entry);
	    loop invariant words_apart(entry, words, count);
	    loop assigns i, *entry;
	    loop variant count - i; */
	for (uint32_t i = 0; i < count; i++) {
		size_t room = sizeof(entry->arguments) - entry->argument_bytes;
		size_t length = string_copy(entry->arguments + entry->argument_bytes, room, words[i]);

		if (length >= room)
			return "the arguments are too long";
		entry->argument_bytes += (uint32_t)length + 1u;
		entry->argument_count++;
	}
	return NULL;
}

/*@ requires statement_ok(parser, words, count) && count > 0;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_serves(struct parser *parser, char **words, uint32_t count)
{
	uint64_t depth = 0;

	if (count == 2 && (!text_number(words[1], &depth) || depth > 64))
		return "the depth is 0 to 64";
	if (parser->entry->serves[0] != '\0')
		return "it serves an endpoint already";
	parser->entry->serves_depth = (uint32_t)depth;
	return copy(parser->entry->serves, sizeof(parser->entry->serves), words[0])
	               ? NULL
	               : "the name is too long";
}

/* After the endpoint's name: each word at most once. */
/*@ requires \valid(use);
    requires count > 0 && words_ok(words, count);
    requires \separated(use, words + (0 .. count - 1));
    assigns use->control, use->grant; */
static bool use_words(struct manifest_use *use, char **words, uint32_t count)
{
	/*@ loop invariant 1 <= i <= count;
	    loop assigns i, use->control, use->grant;
	    loop variant count - i; */
	for (uint32_t i = 1; i < count; i++) {
		bool *flag = is(words[i], "control") ? &use->control : is(words[i], "grant") ? &use->grant : NULL;

		if (flag == NULL || *flag)
			return false;
		*flag = true;
	}
	return true;
}

/*@ requires statement_ok(parser, words, count) && count > 0;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_uses(struct parser *parser, char **words, uint32_t count)
{
	struct manifest_entry *entry = parser->entry;

	/*@ loop invariant 0 <= i <= entry->use_count;
	    loop assigns i;
	    loop variant entry->use_count - i; */
	for (uint32_t i = 0; i < entry->use_count; i++) {
		if (is(words[0], entry->uses[i].name))
			return "it uses this endpoint already";
	}
	if (entry->use_count == MANIFEST_USES_MAX)
		return "too many endpoints";
	struct manifest_use *use = &entry->uses[entry->use_count++];
	use->line = parser->line;
	if (!use_words(use, words, count))
		return "only \"control\" and \"grant\" may follow";
	return copy(use->name, sizeof(use->name), words[0]) ? NULL : "the name is too long";
}

/*@ requires statement_ok(parser, words, count) && count > 0;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_depends(struct parser *parser, char **words, uint32_t count)
{
	struct manifest_entry *entry = parser->entry;

	/*@ loop invariant 0 <= i <= count;
	    loop invariant entry_ok(entry);
	    loop invariant words_apart(entry, words, count);
	    loop assigns i, *entry;
	    loop variant count - i; */
	for (uint32_t i = 0; i < count; i++) {
		if (entry->depend_count == MANIFEST_DEPENDS_MAX)
			return "too many dependencies";
		struct manifest_depend *depend = &entry->depends[entry->depend_count++];
		depend->line = parser->line;
		if (!copy(depend->name, sizeof(depend->name), words[i]))
			return "the name is too long";
	}
	return NULL;
}

/*@ requires text_ok(word);
    assigns \nothing; */
static uint32_t right_named(const char *word)
{
#define RIGHT(name, bit, text)                                                                             \
	if (is(word, text))                                                                                \
		return 1u << (bit);
#include <abi/right.def>
#undef RIGHT
	return 0;
}

/*@ requires statement_ok(parser, words, count) && count > 0;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_handle(struct parser *parser, char **words, uint32_t count)
{
	struct manifest_entry *entry = parser->entry;

	if (entry->handle_count == MANIFEST_HANDLES_MAX)
		return "too many handles";
	struct manifest_handle *handle = &entry->handles[entry->handle_count++];
	/*@ loop invariant 1 <= i <= count;
	    loop assigns i, handle->rights;
	    loop variant count - i; */
	for (uint32_t i = 1; i < count; i++) {
		uint32_t right = right_named(words[i]);

		if (right == 0)
			return "there is no right of this name";
		handle->rights |= right;
	}
	return copy(handle->name, sizeof(handle->name), words[0]) ? NULL : "the name is too long";
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

/* After the word "pci". */
/*@ requires \valid(entry) && entry_ok(entry);
    requires words_ok(words, count);
    requires \separated(entry, words + (0 .. count - 1));
    assigns *entry;
    ensures entry_ok(entry); */
static const char *device_pci(struct manifest_entry *entry, char **words, uint32_t count)
{
	if (count < 2 || count > MANIFEST_PCI_IDS_MAX + 1u)
		return "a PCI device has one to eight ids";
	/*@ loop invariant 1 <= i <= count;
	    loop assigns i, entry->pci_ids[0 .. MANIFEST_PCI_IDS_MAX - 1];
	    loop variant count - i; */
	for (uint32_t i = 1; i < count; i++) {
		if (!pci_id(words[i], &entry->pci_ids[i - 1u]))
			return "an id is four hexadecimal digits, a colon, and four more";
	}
	entry->device = MANIFEST_DEVICE_PCI;
	entry->pci_id_count = count - 1u;
	return NULL;
}

/*@ requires statement_ok(parser, words, count) && count > 0;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_device(struct parser *parser, char **words, uint32_t count)
{
	if (is(words[0], "pci"))
		return device_pci(parser->entry, words, count);
	if (count == 1 && is(words[0], "uart"))
		parser->entry->device = MANIFEST_DEVICE_UART;
	else if (count == 1 && is(words[0], "rtc"))
		parser->entry->device = MANIFEST_DEVICE_RTC;
	else
		return "a device is uart, rtc, or pci with ids";
	return NULL;
}

/*@ requires statement_ok(parser, words, count) && count > 0;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_restart(struct parser *parser, char **words, uint32_t count)
{
	static const char *const names[] = {"never", "failure", "always"};
	uint64_t limit = 0;

	/*@ loop invariant 0 <= i <= 3;
	    loop assigns i, limit;
	    loop variant 3 - i; */
	for (uint32_t i = 0; i < 3; i++) {
		if (!is(words[0], names[i]))
			continue;
		if (count == 2 && (i == RESTART_NEVER || !text_number(words[1], &limit) || limit > 1000))
			return "the limit is 0 to 1000, and not for never";
		parser->entry->restart = (enum manifest_restart)i;
		parser->entry->restart_limit = (uint32_t)limit;
		return NULL;
	}
	return "it is always, failure or never";
}

/*@ requires text_ok(word) && \valid(out_tier);
    assigns *out_tier; */
bool manifest_tier_named(const char *word, enum manifest_tier *out_tier)
{
	static const char *const names[] = {"embedded", "standard", "full"};

	/*@ loop invariant 0 <= i <= 3;
	    loop assigns i;
	    loop variant 3 - i; */
	for (uint32_t i = 0; i < 3; i++) {
		if (is(word, names[i])) {
			*out_tier = (enum manifest_tier)i;
			return true;
		}
	}
	return false;
}

/*@ requires statement_ok(parser, words, count) && count > 0;
    assigns *parser->entry;
    ensures entry_ok(parser->entry); */
static const char *state_tier(struct parser *parser, char **words, uint32_t count)
{
	(void)count;
	return manifest_tier_named(words[0], &parser->entry->tier) ? NULL : "it is embedded, standard or full";
}

/*@ requires statement_ok(parser, words, count) && count > 0;
    requires \valid(parser->manifest) && sections_ok(parser->manifest);
    assigns parser->entry->syscall_mask, parser->entry->profile; */
static const char *state_calls(struct parser *parser, char **words, uint32_t count)
{
	const struct manifest *manifest = parser->manifest;

	(void)count;
	/*@ loop invariant 0 <= i <= manifest->profile_count;
	    loop assigns i;
	    loop variant manifest->profile_count - i; */
	for (uint32_t i = 0; i < manifest->profile_count; i++) {
		if (is(words[0], manifest->profiles[i].name)) {
			parser->entry->syscall_mask = manifest->profiles[i].mask;
			parser->entry->profile = i;
			return NULL;
		}
	}
	return "no profile of this name is defined above";
}

enum section { SECTION_ANY, SECTION_PROFILE, SECTION_ENTRY };

static const struct {
	const char *word;
	uint32_t min, max; /* words after it */
	enum section section;
	bool often; /* may be said more than once in a section */
	statement_function *function;
} statements[] = {
	{"service", 1, 1, SECTION_ANY, true, section_service},
	{"program", 1, 1, SECTION_ANY, true, section_program},
	{"profile", 1, 1, SECTION_ANY, true, section_profile},
	{"allow", 1, MANIFEST_WORDS_MAX, SECTION_PROFILE, true, state_allow},
	{"deny", 1, MANIFEST_WORDS_MAX, SECTION_PROFILE, true, state_deny},
	{"image", 1, 1, SECTION_ENTRY, false, state_image},
	{"principal", 1, 1, SECTION_ENTRY, false, state_principal},
	{"arguments", 1, MANIFEST_WORDS_MAX, SECTION_ENTRY, true, state_arguments},
	{"serves", 1, 2, SECTION_ENTRY, false, state_serves},
	{"uses", 1, 3, SECTION_ENTRY, true, state_uses},
	{"depends", 1, MANIFEST_WORDS_MAX, SECTION_ENTRY, true, state_depends},
	{"handle", 2, MANIFEST_WORDS_MAX, SECTION_ENTRY, true, state_handle},
	{"device", 1, MANIFEST_PCI_IDS_MAX + 1u, SECTION_ENTRY, false, state_device},
	{"calls", 1, 1, SECTION_ENTRY, false, state_calls},
	{"restart", 1, 2, SECTION_ENTRY, false, state_restart},
	{"tier", 1, 1, SECTION_ENTRY, false, state_tier},
};

/* Statements that are a number. */
static const struct {
	const char *word;
	size_t offset;
	uint32_t min, max;
} numbers[] = {
	{"version", offsetof(struct manifest_entry, version), 1, UINT32_MAX},
	{"priority", offsetof(struct manifest_entry, priority), 0, PRIORITY_MAX},
	{"cpu", offsetof(struct manifest_entry, cpu_percent), 1, CPU_PERCENT_MAX},
	{"ready", offsetof(struct manifest_entry, ready_seconds), 1, MANIFEST_READY_MAX},
	{"memory", offsetof(struct manifest_entry, memory_pages), 16, 1u << 24},
	{"stack", offsetof(struct manifest_entry, stack_pages), 1, 1024},
	{"threads", offsetof(struct manifest_entry, threads), 1, 64},
	{"objects", offsetof(struct manifest_entry, objects), 0, 4096},
	{"children", offsetof(struct manifest_entry, children), 0, 64},
	{"keeps", offsetof(struct manifest_entry, keeps_pages), 1, 1024},
};

#define STATEMENTS (sizeof(statements) / sizeof(statements[0]))
#define NUMBERS    (sizeof(numbers) / sizeof(numbers[0]))
_Static_assert(STATEMENTS + NUMBERS <= 64u, "a bit per statement");

/* True the first time in a section. */
static bool first_time(struct parser *parser, size_t row)
{
	bool first = (parser->seen & (1ull << row)) == 0;

	parser->seen |= 1ull << row;
	return first;
}

static const char *number(struct parser *parser, char **words, uint32_t count)
{
	for (uint32_t i = 0; i < NUMBERS; i++) {
		uint64_t value;

		if (!is(words[0], numbers[i].word))
			continue;
		if (parser->entry == NULL)
			return "this belongs into a service or program";
		if (!first_time(parser, STATEMENTS + i))
			return "this was said already";
		if (count != 2 || !text_number(words[1], &value) || value < numbers[i].min ||
		    value > numbers[i].max)
			return "one number is needed, within its bounds";
		memcpy((uint8_t *)parser->entry + numbers[i].offset, &(uint32_t){(uint32_t)value},
		       sizeof(uint32_t));
		return NULL;
	}
	return "there is no statement of this name";
}

static const char *statement(struct parser *parser, uint32_t row, char **words, uint32_t count)
{
	if (statements[row].section == SECTION_ENTRY && parser->entry == NULL)
		return "this belongs into a service or program";
	if (statements[row].section == SECTION_PROFILE && parser->profile == NULL)
		return "this belongs into a profile";
	if (!statements[row].often && !first_time(parser, row))
		return "this was said already";
	if (count < statements[row].min || count > statements[row].max)
		return "too few or too many words";
	return statements[row].function(parser, words, count);
}

const char *manifest_statement(struct parser *parser, char **words, uint32_t count)
{
	for (uint32_t i = 0; i < STATEMENTS; i++) {
		if (is(words[0], statements[i].word))
			return statement(parser, i, words + 1, count - 1u);
	}
	return number(parser, words, count);
}
