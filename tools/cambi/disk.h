/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * cambi disk: the object store on a disk or in an image of one, by the code of the
 * service itself: lib/object.h over lib/volume.h, over lib/block_xts.h if the
 * disk is encrypted, over a file. Here is what the verbs share.
 *
 * A verb that only reads opens the file read-only. Whoever holds a disk reads all
 * of it: access lists are for the service to keep; here signatures alone count.
 */
#pragma once
#include "cambi.h"
#include <lib/block_xts.h>
#include <lib/object.h>

/* ---- disk_file.c: a block device over a file ---- */
struct disk_file {
	struct block_device device; /* first, so that it is found again */
	int file;
	int error; /* errno of what failed last */
};
/* Refuses a file that is in use: by this program, by a QEMU. `size`: 0, or of the file that is to be made. */
void disk_file_open(struct disk_file *out_file, const char *path, bool writable, uint64_t size);
void disk_file_close(struct disk_file *file);

/* ---- disk_open.c: from a path to a store ---- */
struct disk_place {
	const char *path;
	const char *passphrase_file; /* NULL: ask, if one is needed */
};
struct disk {
	const char *path;
	struct disk_file file;
	struct block_xts *xts;       /* NULL: not encrypted */
	struct block_device *device; /* whichever the volume lies on */
	void *arena;
	size_t arena_size;
	struct volume *volume; /* NULL: not mounted */
	struct object_store store;
	uint8_t part[OBJECT_PART_SIZE];
	uint8_t history[OBJECT_HISTORY_MAX];
};
/* The device alone: open, locked, decrypted. NULL if there is an encrypted device and `locked_is_null`. */
struct disk *disk_device_open(const struct disk_place *place, bool writable);
/* Its device is from now on the one inside the encrypted one. The key is copied. */
void disk_decrypt(struct disk *disk, const uint8_t key[XTS_KEY_SIZE]);
/* With its store. */
struct disk *disk_open(const struct disk_place *place, bool writable);
/* Memory for the index of any volume. */
void disk_arena_take(struct disk *disk);
/* What was written is a checkpoint then. */
void disk_close(struct disk *disk);
/* Refuse unless OK: "PATH: what: status in words". */
void disk_need(const struct disk *disk, status_t status, const char *what);
void disk_commit(struct disk *disk);
/* Commit if there is little room left in the transaction: between two calls of lib/object.h. */
void disk_make_room(struct disk *disk);
/* Give back what deletions and interrupted uploads left; returns the bytes of content. */
uint64_t disk_reclaim(struct disk *disk);
/* disk_passphrase.c: out of the file, or asked for; the caller wipes what it points to, at most 1,024 bytes of this file's. */
struct passphrase disk_passphrase(const struct disk_place *place, bool is_new);
void disk_passphrase_wipe(void);

/* ---- disk_text.c: words in and out ---- */
const char *disk_status_text(status_t status);
/* A did:key, an AID in hexadecimal, or `everyone`. */
void disk_person(const char *text, struct aid *out_aid);
/* Option with a person. False: not given. */
bool disk_person_option(int *argc, char **argv, const char *name, struct aid *out_aid);
/* "2026-11-29 06:50:12", or "-" where no clock was set. */
void disk_time(uint64_t time_ns, char out_text[24]);
/* did:key if `key` is that person's, else "aid HEX". */
void disk_did(const struct aid *who, const uint8_t key[SIGNATURE_KEY_SIZE], char out_text[SIGNER_TEXT_MAX]);
/* What there is to say of an object, in full. */
struct disk_words {
	char hash[2 * HASH_SIZE + 1], author[SIGNER_TEXT_MAX], owner[SIGNER_TEXT_MAX], when[24];
};
void disk_object_words(const struct object *object, struct disk_words *out_words);
/* Beginning of an AID, as listings show it: 12 digits. */
void disk_short(const struct aid *who, char out_text[16]);
/* The next name of anybody, from *in_out_name on (owner and name zero: the first); its newest record. */
CC_NODISCARD bool disk_name_next(struct disk *disk, struct object_name *in_out_name);
/* The object somebody means: a name (of `owner` if not NULL), or digits its hash begins with. */
void disk_find(struct disk *disk, const char *text, const struct aid *owner, struct object *out_object);
/* How many names (removed ones too) are called that; *out is the last of them. */
uint32_t disk_name_find(struct disk *disk, const char *text, const struct aid *owner, struct object_name *out_name);

/* ---- disk_verify.c ---- */
struct disk_findings {
	uint32_t wrong;   /* things that are, each reported in words */
	uint32_t objects; /* of these, in contents, histories, names and counts */
	bool bad_header;  /* one of the encryption's */
	bool torn;        /* what may be the last commit */
};
/* Everything of a store that could be opened. */
void disk_verify(struct disk *disk, object_report *report, void *context, struct disk_findings *out_findings);
/* For verbs: the report on standard output, behind the disk's path, which is the context. */
void disk_report(void *context, const char *text);

/* ---- disk_archive.c (disk_tar.c, disk_folder.c): a folder, or a file of the tar format, written and read entry by entry ---- */
struct archive;
struct archive *archive_create(const char *path);
void archive_add(struct archive *archive, const char *name, uint64_t size);
void archive_write(struct archive *archive, const void *bytes, size_t size);
struct archive *archive_open(const char *path);
/* The next entry, in the order they were added; false at the end. */
CC_NODISCARD bool archive_next(struct archive *archive, const char **out_name, uint64_t *out_size);
/* Exactly so many bytes of the entry. */
void archive_read(struct archive *archive, void *out_bytes, size_t size);
/* One that was created appears under its name only now. */
void archive_close(struct archive *archive);

/* ---- disk_export.c ---- */
/* May it be exported? If not, it is told why. */
typedef bool export_judge(struct disk *disk, const struct object_id *id, object_report *report);
/* Everything that is signed and that the judge lets pass; returns how much was left out. */
uint32_t disk_export_all(struct disk *disk, const char *path, export_judge *judge);

/* ---- the verbs: what is left of the command line ---- */
int disk_list(const struct disk_place *place, int argc, char **argv);
int disk_names(const struct disk_place *place, int argc, char **argv);
int disk_log(const struct disk_place *place, int argc, char **argv);
int disk_stat(const struct disk_place *place, int argc, char **argv);
int disk_du(const struct disk_place *place, int argc, char **argv);
int disk_get(const struct disk_place *place, int argc, char **argv);
int disk_put(const struct disk_place *place, int argc, char **argv);
int disk_name(const struct disk_place *place, int argc, char **argv);
int disk_check(const struct disk_place *place, int argc, char **argv);
int disk_fsck(const struct disk_place *place, int argc, char **argv);
int disk_format(const struct disk_place *place, int argc, char **argv);
int disk_passphrase_change(const struct disk_place *place, int argc, char **argv);
int disk_export(const struct disk_place *place, int argc, char **argv);
int disk_salvage(const struct disk_place *place, int argc, char **argv);
int disk_import(const struct disk_place *place, int argc, char **argv);
