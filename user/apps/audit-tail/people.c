/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A small table: a newcomer takes the place of whoever was heard of longest ago. */
#include "people.h"
#include <lib/format.h>
#include <lib/string.h>
#include <os/names.h>

#define PEOPLE_MAX 64u

static struct person {
	uint64_t id; /* 0: free */
	uint64_t heard;
	struct aid principal;
	char name[17]; /* "": not a service, or not known */
} people[PEOPLE_MAX];
static uint64_t clock;

static struct person *find(uint64_t id)
{
	for (struct person *person = people; person < people + PEOPLE_MAX; person++) {
		if (person->id == id)
			return person;
	}
	return NULL;
}

static struct person *find_or_make(uint64_t id)
{
	struct person *person = find(id);

	if (person == NULL) {
		person = people;
		for (struct person *other = people; other < people + PEOPLE_MAX; other++) {
			if (other->heard < person->heard)
				person = other;
		}
		*person = (struct person){.id = id};
	}
	person->heard = ++clock;
	return person;
}

void people_learn(const struct audit_event *event)
{
	if (event->kind == AUDIT_PROCESS_CREATED && event->subject != 0) {
		memcpy(&find_or_make(event->subject)->principal, event->arguments, sizeof(struct aid));
	} else if (event->kind == AUDIT_SERVICE_STARTED && event->object != 0) {
		struct person *person = find_or_make(event->object);

		memcpy(person->name, event->arguments, sizeof(person->name) - 1u);
		string_copy(find_or_make(event->subject)->name, sizeof(person->name), "init"); /* it says so */
	}
}

const char *people_who(uint64_t id, char *text, size_t size)
{
	const struct person *person = id == 0 ? NULL : find(id);
	char principal[PRINCIPAL_TEXT_MAX];

	if (id == 0)
		string_copy(text, size, "kernel");
	else if (person == NULL)
		format(text, size, "%llu", (unsigned long long)id);
	else if (person->name[0] != '\0')
		format(text, size, "%s (%llu)", person->name, (unsigned long long)id);
	else
		format(text, size, "%llu %s", (unsigned long long)id, principal_text(principal, &person->principal));
	return text;
}

const struct audit_names people_names = {.process = people_who, .object = NULL};
