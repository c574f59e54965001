/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A denial is a sentence: who lacks which right on what, and who could give it.
 *
 *   denied: shell lacks 'send' on store (could be granted by init)
 *   denied: the profile of hello does not allow 'irq_create' (the policy service decides)
 */
#pragma once
#include <abi/cap.h>

#define DENIAL_TEXT_MAX 256u

struct denial {
	const char *who;     /* program */
	uint32_t missing;    /* RIGHT_*; 0: the right is there, but not for this */
	const char *object;  /* "store", "memory 9" */
	const char *granter; /* "init", "init or policy"; NULL: nobody holds it to give */
};

/* Cut where `size` ends; returns the length of the whole. */
size_t denial_text(char *text, size_t size, const struct denial *denial);
/* For STATUS_POLICY: the call by its name. */
size_t denial_text_policy(char *text, size_t size, const char *who, const char *call);
