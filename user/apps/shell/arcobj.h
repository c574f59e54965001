/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The parts of `arcobj`, the object store at the prompt.
 *
 *   command_arcobj.c           the table of verbs
 *   command_arcobj_content.c   put, get
 *   command_arcobj_list.c      list, names, log
 *   command_arcobj_stat.c      stat
 *   command_arcobj_owner.c     delete, name, grant, revoke, transfer
 *   command_arcobj_verify.c    verify
 *   command_arcobj_store.c     du, fsck, info
 *   arcobj_find.c              which object, which principal a word means
 *   arcobj_failed.c            why not, in words
 *   arcobj_show.c              how hashes, principals, times are written
 *   arcobj_complete.c          what Tab offers of the store
 *   arcobj_words.c             options (pure)
 *   progress.c                 long work: a line that tells, and Ctrl-C
 */
#pragma once
#include "shell.h"
#include <os/store.h>

struct arcobj_verb {
	const char *name;
	const char *usage; /* what follows it */
	const char *help;
	const char *example;
	int (*run)(int argc, char **argv); /* argv[0] is the verb */
	uint32_t takes[COMMAND_TAKES_MAX];
};
extern const struct arcobj_verb arcobj_verbs[];
extern const uint32_t arcobj_verb_count;
/* "usage: arcobj VERB ..."; returns 2. */
int arcobj_usage(const char *verb);
/* The shell's client: the user's key, opened when first needed. NULL: there is no way to the store, and *out_status why. */
struct store_client *arcobj_client(status_t *out_status);
/* The same for a verb, which runs only when it is there. */
extern struct store_client *arcobj_store;

/* ---- arcobj_find.c; each says itself why not ---- */
/* One's name, NAME@VERSION, WHO/NAME of somebody else, or the first digits of a hash. */
CC_NODISCARD bool arcobj_find(const char *word, struct object_id *out_id);
/* The same, and the object itself, verified. */
CC_NODISCARD bool arcobj_object(const char *word, struct object *out_object, uint64_t *out_rights);
/* "me", "everybody", a program, did:key or an AID in hexadecimal. */
CC_NODISCARD bool arcobj_principal(const char *word, struct aid *out_aid);

/* ---- arcobj_failed.c; each returns 1 ---- */
/* `word` is what was typed, or shown, for what it is about. */
int arcobj_failed(const char *word, status_t status);
/* A right on an object is missing. */
int arcobj_denied(const struct object_id *id, const char *right);
/* Of what only an owner may do. */
int arcobj_change_failed(const struct object_id *id, status_t status);
/* Ctrl-C. */
int arcobj_interrupted(const char *word);

/* ---- arcobj_show.c; each returns `text`, of SHOW_MAX bytes ---- */
#define ARCOBJ_DIGITS 12u
const char *arcobj_show_hash(char *text, const uint8_t hash[HASH_SIZE]);
/* "you", "everybody", a program's name, else the first digits of the AID. */
const char *arcobj_show_who(char *text, const struct aid *aid);
/* Date and time of the wall clock; "-" if it was not set. */
const char *arcobj_show_time(char *text, uint64_t unix_ns);
/* "read", "read,name" */
const char *arcobj_show_rights(char *text, uint64_t rights);

/* ---- command_arcobj_verify.c ---- */
/* Whether `older`, record sequence - 1, is what this record says was before it. */
bool arcobj_name_follows(const struct object_name *older, const struct object_name *name);

/* ---- the verbs ---- */
int arcobj_put(int argc, char **argv);
int arcobj_get(int argc, char **argv);
int arcobj_list(int argc, char **argv);
int arcobj_stat(int argc, char **argv);
int arcobj_delete(int argc, char **argv);
int arcobj_name(int argc, char **argv);
int arcobj_names(int argc, char **argv);
int arcobj_log(int argc, char **argv);
int arcobj_grant(int argc, char **argv);
int arcobj_revoke(int argc, char **argv);
int arcobj_transfer(int argc, char **argv);
int arcobj_verify(int argc, char **argv);
int arcobj_du(int argc, char **argv);
int arcobj_fsck(int argc, char **argv);
int arcobj_info(int argc, char **argv);

/* ---- progress.c ---- */
/* Until progress_end: Ctrl-C is for progress_wanted, and what is typed waits for the prompt. */
void progress_begin(void);
/* Tell how far it is, now and then, once it takes long: "checking 3 of 12". total 0: nobody knows. */
void progress_count(const char *doing, uint64_t done, uint64_t total);
void progress_bytes(const char *doing, uint64_t done, uint64_t total);
/* False: somebody pressed Ctrl-C. */
bool progress_wanted(void);
/* The line is empty again, and the keyboard the shell's. */
void progress_end(void);
