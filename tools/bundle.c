/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * bundle OUTPUT KIND:FILE...: packs files into a bundle (abi/bundle.h).
 *
 * KIND is `program` or `data`; a module is named after its file. The same files
 * in the same order give the same bytes. It does not look into programs: what a
 * bundle may contain is decided by whoever reads it.
 */
#include <abi/bundle.h>
#include <lib/crc32c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *image;
static size_t image_size;

CC_NORETURN static void refuse(const char *what, const char *name)
{
	fprintf(stderr, "bundle: %s: %s\n", name, what);
	exit(1);
}

/* Room for `bytes` more bytes, zeroed, up to a page boundary; returns the offset of the first. */
static size_t image_grow(size_t bytes)
{
	size_t at = image_size;
	size_t end = (at + bytes + PAGE_MASK) & ~(size_t)PAGE_MASK;
	uint8_t *larger = realloc(image, end);

	if (larger == NULL)
		refuse("no memory", "image");
	memset(larger + at, 0, end - at);
	image = larger;
	image_size = end;
	return at;
}

static void read_module(const char *path, struct bundle_entry *entry)
{
	FILE *file = fopen(path, "rb");
	long size = -1;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0)
		refuse("cannot be read", path);
	rewind(file);
	entry->offset = image_grow((size_t)size);
	entry->size = (uint64_t)size;
	if (fread(image + entry->offset, 1, (size_t)size, file) != (size_t)size)
		refuse("cannot be read", path);
	fclose(file);
	entry->checksum = crc32c(CRC32C_INIT, image + entry->offset, entry->size);
}

static struct bundle_entry make_entry(const char *argument)
{
	struct bundle_entry entry = { .kind = BUNDLE_DATA };
	const char *path = strchr(argument, ':');

	if (path == NULL)
		refuse("expected KIND:FILE", argument);
	if (strncmp(argument, "program:", 8) == 0)
		entry.kind = BUNDLE_PROGRAM;
	else if (strncmp(argument, "data:", 5) != 0)
		refuse("unknown kind of module", argument);
	path++;
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	if (strlen(name) >= BUNDLE_NAME_MAX)
		refuse("the name is too long", name);
	strcpy(entry.name, name);
	read_module(path, &entry);
	return entry;
}

int main(int argc, char **argv)
{
	struct bundle_entry entries[BUNDLE_MODULES_MAX];
	uint32_t count = 0;

	if (argc < 2 || argc - 2 > (int)BUNDLE_MODULES_MAX)
		refuse("usage: bundle OUTPUT KIND:FILE... (too few or too many files)", argv[0]);
	image_grow(sizeof(struct bundle_header) + (size_t)(argc - 2) * sizeof(struct bundle_entry));
	for (int i = 2; i < argc; i++) {
		entries[count] = make_entry(argv[i]);
		for (uint32_t other = 0; other < count; other++) {
			if (strcmp(entries[other].name, entries[count].name) == 0)
				refuse("two modules have this name", entries[count].name);
		}
		count++;
	}

	size_t table_size = count * sizeof(struct bundle_entry);
	memcpy(image + sizeof(struct bundle_header), entries, table_size);
	struct bundle_header header = {
		.magic = BUNDLE_MAGIC,
		.version = BUNDLE_VERSION,
		.count = count,
		.size = image_size,
		.checksum = crc32c(CRC32C_INIT, image + sizeof(header), table_size),
	};
	memcpy(image, &header, sizeof(header));

	FILE *output = fopen(argv[1], "wb");
	if (output == NULL || fwrite(image, 1, image_size, output) != image_size || fclose(output) != 0)
		refuse("cannot be written", argv[1]);
	return 0;
}
