/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Audit events as text. abi/audit.def says of each number what it is, in words;
 * here is how numbers of that kind are written. The test holds every word of
 * the table against this one.
 */
#include <os/audit.h>
#include "audit_priv.h"
#include <abi/syscall.h>
#include <lib/format.h>
#include <lib/string.h>
#include <lib/text.h>
#include <os/names.h>
#include <os/report.h>
#include <os/status.h>

const struct audit_kind_info *audit_kind_info(uint32_t kind)
{
	static const struct audit_kind_info kinds[] = {
#define AUDIT(NAME, kind, text, in_class, object, a, b, c, d)                                              \
	[kind] = {text, AUDIT_CLASS_##in_class, object, {a, b, c, d}},
#include <abi/audit.def>
#undef AUDIT
	};

	return kind < sizeof(kinds) / sizeof(kinds[0]) && kinds[kind].name != NULL ? &kinds[kind] : NULL;
}

const char *audit_class_name(uint32_t class)
{
	static const char *const names[] = {"security", "dataflow", "lifecycle", "context", "anomaly", "meta"};

	return class < sizeof(names) / sizeof(names[0]) ? names[class] : "?";
}

const char *audit_call_name(uint64_t number, char text[24])
{
	static const char *const names[SYSCALL_COUNT] = {
#define SYSCALL(number, name, shape, sentence) [number] = #name,
#include <abi/syscall.def>
#undef SYSCALL
	};

	if (number < SYSCALL_COUNT && names[number] != NULL)
		return names[number];
	format(text, 24, "%llu", (unsigned long long)number);
	return text;
}

/* ---- what a number is, by the words of audit.def ---- */
static const struct {
	const char *words;
	enum audit_shape shape;
} shapes[] = {
	{"-", AUDIT_SHAPE_NOTHING},
	{"type and slot", AUDIT_SHAPE_OBJECT},
	{"endpoint slot", AUDIT_SHAPE_ENDPOINT},
	{"channel slot", AUDIT_SHAPE_CHANNEL},
	{"image slot", AUDIT_SHAPE_DECIMAL},
	{"process slot", AUDIT_SHAPE_NOTHING}, /* the subject says it better */
	{"rights", AUDIT_SHAPE_RIGHTS},
	{"missing rights", AUDIT_SHAPE_MISSING},
	{"wanted", AUDIT_SHAPE_HEX},
	{"system call", AUDIT_SHAPE_CALL},
	{"status", AUDIT_SHAPE_STATUS},
	{"process", AUDIT_SHAPE_PROCESS},
	{"to process", AUDIT_SHAPE_PROCESS},
	{"holder process", AUDIT_SHAPE_PROCESS},
	{"about process", AUDIT_SHAPE_PROCESS},
	{"for process", AUDIT_SHAPE_PROCESS},
	{"parent process", AUDIT_SHAPE_PROCESS},
	{"badge", AUDIT_SHAPE_BADGE},
	{"handle", AUDIT_SHAPE_HANDLE},
	{"tag", AUDIT_SHAPE_TAG},
	{"sampled 1 of", AUDIT_SHAPE_COUNT},
	{"lifetime ns", AUDIT_SHAPE_NANOSECONDS},
	{"before ns", AUDIT_SHAPE_DECIMAL},
	{"after ns", AUDIT_SHAPE_DECIMAL},
	{"mask", AUDIT_SHAPE_HEX},
	{"mask before", AUDIT_SHAPE_HEX},
	{"mask after", AUDIT_SHAPE_HEX},
	{"wanted mask", AUDIT_SHAPE_HEX},
	{"allowed mask", AUDIT_SHAPE_HEX},
	{"first argument", AUDIT_SHAPE_NONZERO},
	{"second argument", AUDIT_SHAPE_NONZERO},
	{"address", AUDIT_SHAPE_HEX},
	{"pc", AUDIT_SHAPE_HEX},
	{"base or line", AUDIT_SHAPE_HEX},
	{"size", AUDIT_SHAPE_BYTES},
	{"RAM bytes", AUDIT_SHAPE_BYTES},
	{"bytes", AUDIT_SHAPE_BYTES},
	{"fault kind", AUDIT_SHAPE_FAULT},
	{"access", AUDIT_SHAPE_ACCESS},
	{"exit code", AUDIT_SHAPE_SIGNED},
	{"killed", AUDIT_SHAPE_YES},
	{"seeded", AUDIT_SHAPE_YES},
	{"authority", AUDIT_SHAPE_AUTHORITY},
	{"role", AUDIT_SHAPE_DECIMAL},
	{"side", AUDIT_SHAPE_DECIMAL},
	{"pages", AUDIT_SHAPE_DECIMAL},
	{"removed", AUDIT_SHAPE_DECIMAL},
	{"bits credited", AUDIT_SHAPE_DECIMAL},
	{"count", AUDIT_SHAPE_DECIMAL},
	{"CPU", AUDIT_SHAPE_DECIMAL},
	{"CPUs", AUDIT_SHAPE_DECIMAL},
	{"source", AUDIT_SHAPE_DECIMAL},
	{"purpose", AUDIT_SHAPE_DECIMAL},
	{"bits credited", AUDIT_SHAPE_DECIMAL},
	{"method", AUDIT_SHAPE_DECIMAL},
	{"restarts", AUDIT_SHAPE_DECIMAL},
	{"version", AUDIT_SHAPE_DECIMAL},
	{"new window", AUDIT_SHAPE_DECIMAL},
	{"old window", AUDIT_SHAPE_DECIMAL},
};

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool audit_shape_of(const char *words, enum audit_shape *out_shape)
{
	static const char *const digests[] = {"principal ", "digest ", "key ", "owner ", "content "};

	if (starts_with(words, "name ")) {
		*out_shape = AUDIT_SHAPE_TEXT;
		return true;
	}
	for (uint32_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		if (starts_with(words, digests[i])) {
			*out_shape = AUDIT_SHAPE_DIGEST;
			return true;
		}
	}
	for (uint32_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (strcmp(words, shapes[i].words) == 0) {
			*out_shape = shapes[i].shape;
			return true;
		}
	}
	return false;
}

/* ---- the line, grown piece by piece ---- */
struct line {
	char *text;
	size_t size;
	size_t length; /* of the whole, cut or not */
	const struct audit_names *names;
};

CC_PRINTF(2, 3) static void add(struct line *line, const char *text, ...)
{
	size_t at = line->length < line->size ? line->length : line->size;
	va_list arguments;

	va_start(arguments, text);
	line->length += format_list(line->text + at, line->size - at, text, arguments);
	va_end(arguments);
}

static void separate(struct line *line)
{
	if (line->length != 0)
		add(line, ", ");
}

/* "to process" 3: "to process 3", or with its name "to shell (3)". */
static void add_process(struct line *line, const char *words, uint64_t id)
{
	char text[48];
	size_t length = strlen(words);
	const size_t suffix = sizeof(" process") - 1u;

	if (id == 0) {
		add(line, "%s none", words);
		return;
	}
	if (line->names == NULL || line->names->process == NULL) {
		add(line, "%s %llu", words, (unsigned long long)id);
		return;
	}
	if (length > suffix && strcmp(words + length - suffix, " process") == 0)
		length -= suffix;
	add(line, "%.*s %s", (int)length, words, line->names->process(id, text, sizeof(text)));
}

static void add_object(struct line *line, uint32_t type, uint32_t slot)
{
	char text[48];

	if (line->names != NULL && line->names->object != NULL)
		add(line, "%s", line->names->object(type, slot, text, sizeof(text)));
	else if (type == OBJECT_NONE)
		add(line, "object %u", slot);
	else if (type >= OBJECT_FACTORY) /* one of each */
		add(line, "%s", object_type_name(type));
	else
		add(line, "%s %u", object_type_name(type), slot);
}

static void add_rights(struct line *line, const char *words, uint64_t rights)
{
	char text[96];

	rights_text(text, sizeof(text), rights);
	add(line, "%s %s", words, text);
}

/* The protocols' uppermost bit is for those who control the service. */
static void add_badge(struct line *line, uint64_t badge)
{
	const uint64_t control = 1ull << 63;

	add(line, (badge & control) != 0 ? "badge control %llu" : "badge %llu",
	    (unsigned long long)(badge & ~control));
}

static void add_bytes(struct line *line, const char *words, uint64_t bytes)
{
	char text[12];

	text_size(text, sizeof(text), bytes);
	add(line, "%s %s", words, text);
}

static void add_handle(struct line *line, const char *words, handle_t handle)
{
	if (handle == HANDLE_NONE)
		add(line, "%s none", words);
	else if (HANDLE_SLOT(handle) < 65536u)
		add(line, "%s %u", words, HANDLE_SLOT(handle));
	else
		add(line, "%s 0x%llx", words, (unsigned long long)handle);
}

/* The characters and bytes of a name or digest, as they lie in memory: the first is the lowest byte. */
static void add_characters(struct line *line, uint64_t value)
{
	for (uint32_t i = 0; i < 8; i++) {
		char c = (char)(value >> (8u * i) & 0xffu);

		if (c == '\0')
			return;
		add(line, "%c", c >= ' ' && c <= '~' ? c : '?');
	}
}

static void add_digest(struct line *line, const char *words, uint64_t value)
{
	/* The first two bytes of an AID, of a principal or key, say how it was made. */
	uint32_t first = starts_with(words, "principal ") || starts_with(words, "key ") ? 2u : 0;

	for (uint32_t i = 0; words[i] != '\0' && words[i] != ' '; i++)
		add(line, "%c", words[i]);
	add(line, " ");
	for (uint32_t i = first; i < 8; i++)
		add(line, "%02x", (unsigned int)(value >> (8u * i) & 0xffu));
}

static bool is_shown(enum audit_shape shape, const char *words, uint64_t value)
{
	if (shape == AUDIT_SHAPE_NOTHING)
		return false;
	if (shape == AUDIT_SHAPE_DIGEST)
		return strcmp(words + strlen(words) - 4u, "0..7") == 0;
	bool if_any = shape == AUDIT_SHAPE_COUNT || shape == AUDIT_SHAPE_NONZERO ||
	              shape == AUDIT_SHAPE_FAULT || shape == AUDIT_SHAPE_YES ||
	              shape == AUDIT_SHAPE_MISSING || shape == AUDIT_SHAPE_BADGE ||
	              shape == AUDIT_SHAPE_OBJECT;
	return !if_any || value != 0;
}

static const char *authority_name(uint64_t authority)
{
	static const char *const names[] = {
		[AUDIT_BY_RIGHT] = "by the right to revoke",
		[AUDIT_BY_GRANTOR] = "by whoever granted it",
		[AUDIT_BY_POLICY] = "by policy",
	};

	return authority < sizeof(names) / sizeof(names[0]) ? names[authority] : "?";
}

static void add_value(struct line *line, enum audit_shape shape, const char *words, uint64_t value)
{
	unsigned long long number = value;
	char text[24];

	switch (shape) {
	case AUDIT_SHAPE_NOTHING: break;
	case AUDIT_SHAPE_DECIMAL:
	case AUDIT_SHAPE_COUNT: add(line, "%s %llu", words, number); break;
	case AUDIT_SHAPE_SIGNED: add(line, "%s %lld", words, (long long)value); break;
	case AUDIT_SHAPE_HEX:
	case AUDIT_SHAPE_NONZERO: add(line, "%s 0x%llx", words, number); break;
	case AUDIT_SHAPE_YES: add(line, "%s", words); break;
	case AUDIT_SHAPE_OBJECT: add_object(line, (uint32_t)(value >> 32), (uint32_t)value); break;
	case AUDIT_SHAPE_ENDPOINT: add_object(line, OBJECT_ENDPOINT, (uint32_t)value); break;
	case AUDIT_SHAPE_CHANNEL: add_object(line, OBJECT_CHANNEL, (uint32_t)value); break;
	case AUDIT_SHAPE_RIGHTS: add_rights(line, words, value); break;
	case AUDIT_SHAPE_MISSING: add_rights(line, "lacks", value); break;
	case AUDIT_SHAPE_BADGE: add_badge(line, value); break;
	case AUDIT_SHAPE_CALL: add(line, "in %s", audit_call_name(value, text)); break;
	case AUDIT_SHAPE_STATUS: add(line, "%s", status_name((status_t)value)); break;
	case AUDIT_SHAPE_PROCESS: add_process(line, words, value); break;
	case AUDIT_SHAPE_HANDLE: add_handle(line, words, value); break;
	case AUDIT_SHAPE_TAG: add(line, "method %u", MESSAGE_LABEL(value)); break;
	case AUDIT_SHAPE_NANOSECONDS:
		add(line, "lived %llu.%03llu s", number / 1000000000u, number / 1000000u % 1000u);
		break;
	case AUDIT_SHAPE_BYTES: add_bytes(line, words, value); break;
	case AUDIT_SHAPE_FAULT: add(line, "%s", report_fault_sentence((uint32_t)value)); break;
	case AUDIT_SHAPE_ACCESS: add(line, "%s", report_access_name((uint32_t)value)); break;
	case AUDIT_SHAPE_AUTHORITY: add(line, "%s", authority_name(value)); break;
	case AUDIT_SHAPE_TEXT: add_characters(line, value); break;
	case AUDIT_SHAPE_DIGEST: add_digest(line, words, value); break;
	}
}

static void add_field(struct line *line, const char *words, uint64_t value)
{
	enum audit_shape shape;

	if (!audit_shape_of(words, &shape))
		shape = AUDIT_SHAPE_HEX;
	if (!is_shown(shape, words, value))
		return;
	if (shape == AUDIT_SHAPE_TEXT && strcmp(words, "name 0..7") != 0) {
		add_characters(line, value); /* goes on with what came before */
		return;
	}
	separate(line);
	add_value(line, shape, words, value);
}

size_t audit_text(char *text, size_t size, const struct audit_event *event, const struct audit_names *names)
{
	const struct audit_kind_info *info = audit_kind_info(event->kind);
	struct line line = {.text = text, .size = size, .names = names};

	if (size != 0)
		text[0] = '\0';
	if (info == NULL) {
		add(&line, "kind %u, object 0x%llx", event->kind, (unsigned long long)event->object);
		return line.length;
	}
	add_field(&line, info->object, event->object);
	for (uint32_t i = 0; i < AUDIT_ARGUMENTS; i++)
		add_field(&line, info->arguments[i], event->arguments[i]);
	return line.length;
}
