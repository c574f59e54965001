/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * cambi bundle: signs programs as the manifest says, lists them in a signed
 * catalog, packs all of it (abi/bundle.h). The same inputs give the same bytes:
 * Ed25519 has no randomness, and nothing here looks at a clock.
 */
#include "cambi.h"
#include <lib/crc32c.h>
#include <lib/hash.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 80u
#define INIT_NAME "init"

/* A module on its way into the bundle. */
struct part {
	const char *name;
	uint32_t kind;         /* enum bundle_kind */
	uint32_t role;         /* enum module_role */
	uint32_t version;      /* data, and init: the release */
	char label[LABEL_MAX]; /* of its principal; data: "" */
	struct bytes bytes;
};

struct plan {
	struct part parts[BUNDLE_MODULES_MAX];
	uint32_t count;
	uint32_t release; /* of the catalog */
	struct module_signer signer;
	struct manifest manifest;
};

/* ---- what the manifest says of a program ---- */
static uint32_t entry_role(const struct manifest_entry *entry)
{
	if (!entry->service)
		return MODULE_PROGRAM;
	return entry->device != MANIFEST_DEVICE_NONE ? MODULE_DRIVER : MODULE_SERVICE;
}

static void say(struct part *part, uint32_t role, uint32_t version, const char *label, const char *rest)
{
	part->role = role;
	part->version = version;
	if (snprintf(part->label, sizeof(part->label), "%s%s", label, rest) >= (int)sizeof(part->label))
		refuse("%s: its principal's label is too long", part->name);
}

/* Every entry that runs this module; they have to agree on what it is. */
static bool named_entries(const struct manifest *manifest, struct part *part)
{
	bool found = false;

	for (uint32_t i = 0; i < manifest->entry_count; i++) {
		const struct manifest_entry *const entry = &manifest->entries[i];
		if (strcmp(entry->image, part->name) != 0)
			continue;
		if (found && (part->role != entry_role(entry) || part->version != entry->version ||
		              strcmp(part->label, entry->principal) != 0))
			refuse("%s: the manifest runs it in two roles or versions, or as two principals",
			       part->name);
		say(part, entry_role(entry), entry->version, entry->principal, "");
		found = true;
	}
	return found;
}

static void describe(const struct plan *plan, struct part *part)
{
	const struct manifest_entry *const others = manifest_find(&plan->manifest, "*");
	char rest[LABEL_MAX];

	if (strcmp(part->name, INIT_NAME) == 0)
		say(part, MODULE_INIT, plan->release, INIT_NAME, "");
	else if (named_entries(&plan->manifest, part))
		return;
	else if (others == NULL)
		refuse("%s: the manifest does not name it, and has no `program *`", part->name);
	else {
		snprintf(rest, sizeof(rest), ".%s", part->name);
		say(part, MODULE_PROGRAM, others->version, others->principal, rest);
	}
}

/* ---- parts ---- */
static struct part *add_part(struct plan *plan, const char *name, uint32_t kind)
{
	if (plan->count == BUNDLE_MODULES_MAX)
		refuse("a bundle has no more than %u modules", BUNDLE_MODULES_MAX);
	if (strlen(name) >= BUNDLE_NAME_MAX)
		refuse("%s: the name is too long", name);
	for (uint32_t i = 0; i < plan->count; i++) {
		if (strcmp(plan->parts[i].name, name) == 0)
			refuse("%s: two modules have this name", name);
	}
	struct part *const part = &plan->parts[plan->count++];
	*part = (struct part){.name = name, .kind = kind, .role = MODULE_DATA, .version = plan->release};
	return part;
}

static void add_data(struct plan *plan, const char *path)
{
	add_part(plan, file_name(path), BUNDLE_DATA)->bytes = file_read(path);
}

static void add_program(struct plan *plan, const char *path)
{
	struct part *const part = add_part(plan, file_name(path), BUNDLE_PROGRAM);
	struct bytes file = file_read(path);
	const char *const problem = program_problem(file.data, file.size);

	if (problem != NULL)
		refuse("%s: %s", path, problem);
	describe(plan, part);
	file.data = grown(file.data, file.size + MODULE_OVERHEAD);
	file.size = module_sign(file.data, file.size, part->name, part->role, part->version, &plan->signer);
	part->bytes = file;
}

static void add(struct plan *plan, const char *argument)
{
	if (strncmp(argument, "program:", 8) == 0)
		add_program(plan, argument + 8);
	else if (strncmp(argument, "data:", 5) == 0)
		add_data(plan, argument + 5);
	else
		misused("%s: expected program:FILE or data:FILE", argument);
}

/* What the manifest wants to run is there. */
static void check_complete(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->manifest.entry_count; i++) {
		const char *const image = plan->manifest.entries[i].image;
		uint32_t k = 0;
		while (k < plan->count && strcmp(plan->parts[k].name, image) != 0)
			k++;
		if (k == plan->count && strcmp(image, "*") != 0)
			refuse("%s: the manifest names it, and it is not among the programs", image);
	}
}

/* ---- catalog ---- */
static void list(const struct plan *plan, const struct part *part, struct catalog_entry *out)
{
	const bool is_data = part->role == MODULE_DATA;

	*out = (struct catalog_entry){
		.role = part->role, .version = part->version, .size = part->bytes.size};
	strcpy(out->name, part->name);
	hash_bytes(part->bytes.data,
	           is_data ? part->bytes.size : part->bytes.size - sizeof(struct module_trailer),
	           out->digest);
	if (!is_data)
		principal_of_label(&plan->signer, part->label, &out->principal);
}

static void add_catalog(struct plan *plan)
{
	struct catalog_entry entries[CATALOG_ENTRIES_MAX];
	struct part *const part = add_part(plan, CATALOG_NAME, BUNDLE_DATA);
	const uint32_t count = plan->count - 1;

	for (uint32_t i = 0; i < count; i++)
		list(plan, &plan->parts[i], &entries[i]);
	part->bytes.data = grown(NULL, CATALOG_SIZE(count));
	part->bytes.size = catalog_sign(part->bytes.data, entries, count, plan->release, &plan->signer);
}

/* ---- packing ---- */
static size_t pages(size_t bytes)
{
	return (bytes + PAGE_MASK) & ~(size_t)PAGE_MASK;
}

static void pack_part(const struct part *part, uint8_t *image, size_t offset, struct bundle_entry *out)
{
	*out = (struct bundle_entry){
		.offset = offset,
		.size = part->bytes.size,
		.checksum = crc32c(CRC32C_INIT, part->bytes.data, part->bytes.size),
		.kind = part->kind,
	};
	strcpy(out->name, part->name);
	memcpy(image + offset, part->bytes.data, part->bytes.size);
}

static struct bytes pack(const struct plan *plan)
{
	const size_t table_size = plan->count * sizeof(struct bundle_entry);
	struct bundle_entry entries[BUNDLE_MODULES_MAX];
	size_t offset = pages(sizeof(struct bundle_header) + table_size);
	struct bytes image = {NULL, offset};

	for (uint32_t i = 0; i < plan->count; i++)
		image.size += pages(plan->parts[i].bytes.size);
	image.data = grown(NULL, image.size);
	memset(image.data, 0, image.size);
	for (uint32_t i = 0; i < plan->count; offset += pages(plan->parts[i].bytes.size), i++)
		pack_part(&plan->parts[i], image.data, offset, &entries[i]);
	memcpy(image.data + sizeof(struct bundle_header), entries, table_size);
	const struct bundle_header header = {
		.magic = BUNDLE_MAGIC,
		.version = BUNDLE_VERSION,
		.count = plan->count,
		.size = image.size,
		.checksum = crc32c(CRC32C_INIT, (const uint8_t *)entries, table_size),
	};
	memcpy(image.data, &header, sizeof(header));
	return image;
}

static void discard(struct plan *plan)
{
	secret_wipe(&plan->signer, sizeof(plan->signer));
	for (uint32_t i = 0; i < plan->count; i++)
		free(plan->parts[i].bytes.data);
	plan->count = 0;
}

int verb_bundle(int argc, char **argv)
{
	static struct plan plan;
	const char *const manifest = need_option(&argc, argv, "--manifest");

	plan.release = need_number(need_option(&argc, argv, "--release"), "--release");
	key_option(&argc, argv, &plan.signer);
	need_words(argc, argv, 2, (int)BUNDLE_MODULES_MAX);
	manifest_load(manifest, &plan.manifest);
	for (int i = 1; i < argc; i++)
		add(&plan, argv[i]);
	add_data(&plan, manifest);
	check_complete(&plan);
	add_catalog(&plan);
	const struct bytes image = pack(&plan);
	discard(&plan);
	file_write(argv[0], image.data, image.size);
	free(image.data);
	return 0;
}
