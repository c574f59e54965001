/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * cambi manifest check: what every service and program may do, in words; and
 * what the parser accepts but nobody needs: authority without a use is a mistake.
 */
#include "cambi.h"
#include <stdlib.h>
#include <string.h>

void manifest_load(const char *path, struct manifest *out)
{
	struct bytes file = file_read(path);
	struct manifest_error error;
	const bool good = manifest_parse((const char *)file.data, file.size, out, &error);

	free(file.data);
	if (!good && error.line != 0)
		refuse("%s:%u: %s", path, error.line, error.reason);
	if (!good)
		refuse("%s: %s", path, error.reason);
}

const char *rights_text(uint32_t rights)
{
	static char text[160];
	size_t length = 0;

	text[0] = '\0';
#define RIGHT(name, bit, word)                                                                             \
	if ((rights & (1u << (bit))) != 0)                                                                 \
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",                   \
		                           length == 0 ? "" : " ", word);
#include <abi/right.def>
#undef RIGHT
	return text;
}

const char *device_text(enum manifest_device device)
{
	static const char *const names[MANIFEST_DEVICE_COUNT] = {
		[MANIFEST_DEVICE_NONE] = "",
		[MANIFEST_DEVICE_UART] = "uart",
		[MANIFEST_DEVICE_RTC] = "rtc",
		[MANIFEST_DEVICE_PCI] = "pci",
	};

	return names[device];
}

static uint32_t calls_allowed(uint64_t mask)
{
	uint32_t count = 0;

#define SYSCALL(number, name, shape, sentence) count += (mask >> (number)) & 1u;
#include <abi/syscall.def>
#undef SYSCALL
	return count;
}

/* ---- the report ---- */
static void print_uses(const struct manifest_entry *entry)
{
	for (uint32_t i = 0; i < entry->use_count; i++) {
		const struct manifest_use *const use = &entry->uses[i];
		printf("  calls on   %s%s%s\n", use->name, use->control ? ", and controls it" : "",
		       use->grant ? ", and may pass that on" : "");
	}
}

static void print_limits(const struct manifest_entry *entry)
{
	printf("  limits     %u pages, %u threads, %u objects, priority %u", entry->memory_pages,
	       entry->threads, entry->objects, entry->priority);
	if (entry->cpu_percent != 0)
		printf(", %u %% of a CPU", entry->cpu_percent);
	if (entry->children != 0)
		printf(", %u children", entry->children);
	if (entry->ready_seconds != 0)
		printf(", %u s to serve", entry->ready_seconds);
	if (entry->keeps_pages != 0)
		printf(", keeps %u pages", entry->keeps_pages);
	putchar('\n');
}

static void print_device(const struct manifest_entry *entry)
{
	if (entry->device == MANIFEST_DEVICE_NONE)
		return;
	printf("  drives     %s:", device_text(entry->device));
	for (uint32_t i = 0; i < entry->pci_id_count; i++)
		printf("%s %04x:%04x", i == 0 ? "" : " or", entry->pci_ids[i].vendor, entry->pci_ids[i].device);
	puts(entry->pci_id_count == 0 ? " its registers and interrupt"
	                              : ", what the device manager gives of it");
}

static void print_entry(const struct manifest *manifest, const struct manifest_entry *entry)
{
	printf("%s %s\n  runs       %s, version %u, as %s%s\n", entry->service ? "service" : "program",
	       entry->name, strcmp(entry->name, "*") == 0 ? "any other module" : entry->image,
	       entry->version, entry->principal, strcmp(entry->name, "*") == 0 ? ".NAME" : "");
	if (entry->serves[0] != '\0')
		printf("  serves     %s\n", entry->serves);
	print_uses(entry);
	for (uint32_t i = 0; i < entry->handle_count; i++)
		printf("  holds      %s: %s\n", entry->handles[i].name,
		       rights_text(entry->handles[i].rights));
	print_device(entry);
	printf("  kernel     %s: %u system calls\n", manifest->profiles[entry->profile].name,
	       calls_allowed(entry->syscall_mask));
	print_limits(entry);
}

/* ---- authority without a use ---- */
static bool somebody_uses(const struct manifest *manifest, const char *endpoint)
{
	if (strcmp(endpoint, MANIFEST_POLICY_ENDPOINT) == 0 || strcmp(endpoint, MANIFEST_DEVICES_ENDPOINT) == 0)
		return true; /* init itself */
	for (uint32_t i = 0; i < manifest->entry_count; i++) {
		const struct manifest_entry *const entry = &manifest->entries[i];
		for (uint32_t k = 0; k < entry->use_count; k++) {
			if (strcmp(entry->uses[k].name, endpoint) == 0)
				return true;
		}
	}
	return false;
}

static bool somebody_has(const struct manifest *manifest, uint32_t profile)
{
	for (uint32_t i = 0; i < manifest->entry_count; i++) {
		if (manifest->entries[i].profile == profile)
			return true;
	}
	return false;
}

static uint32_t unused(const char *path, const struct manifest *manifest)
{
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < manifest->profile_count; i++) {
		if (somebody_has(manifest, i))
			continue;
		fprintf(stderr, "%s: nobody has the profile %s\n", path, manifest->profiles[i].name);
		wrong++;
	}
	for (uint32_t i = 0; i < manifest->entry_count; i++) {
		const struct manifest_entry *const entry = &manifest->entries[i];
		if (entry->serves[0] == '\0' || somebody_uses(manifest, entry->serves))
			continue;
		fprintf(stderr, "%s:%u: nobody uses the endpoint %s that %s serves\n", path, entry->line,
		        entry->serves, entry->name);
		wrong++;
	}
	return wrong;
}

int verb_manifest_check(int argc, char **argv)
{
	const bool quiet = take_flag(&argc, argv, "--quiet");
	static struct manifest manifest;
	uint32_t wrong = 0;

	need_words(argc, argv, 1, 64);
	for (int i = 0; i < argc; i++) {
		manifest_load(argv[i], &manifest);
		for (uint32_t k = 0; k < manifest.entry_count && !quiet; k++)
			print_entry(&manifest, &manifest.entries[k]);
		wrong += unused(argv[i], &manifest);
	}
	return wrong != 0;
}
