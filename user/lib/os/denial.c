/* SPDX-License-Identifier: MPL-2.0 */
#include <os/denial.h>
#include <lib/format.h>

/* 'send', 'send' and 'grant', 'read', 'write' and 'grant' */
static size_t rights_quote(char *text, size_t size, uint32_t rights)
{
	static const struct {
		uint32_t right;
		const char *name;
	} names[] = {
#define RIGHT(name, bit, word) {1u << (bit), word},
#include <abi/right.def>
#undef RIGHT
	};
	size_t length = 0;

	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((rights & names[i].right) == 0)
			continue;
		bool last = (rights & ~(names[i].right | (names[i].right - 1u))) == 0;
		const char *before = length == 0 ? "" : last ? " and " : ", ";
		size_t at = length < size ? length : size;

		length += format(text + at, size - at, "%s'%s'", before, names[i].name);
	}
	return length;
}

size_t denial_text(char *text, size_t size, const struct denial *denial)
{
	char rights[160];

	if ((denial->missing & RIGHTS_ALL) == 0)
		return format(text, size, "denied: what %s holds on %s does not allow this", denial->who,
		              denial->object);
	rights_quote(rights, sizeof(rights), denial->missing & RIGHTS_ALL);
	if (denial->granter == NULL)
		return format(text, size, "denied: %s lacks %s on %s (nobody holds it to give)", denial->who,
		              rights, denial->object);
	return format(text, size, "denied: %s lacks %s on %s (could be granted by %s)", denial->who, rights,
	              denial->object, denial->granter);
}

size_t denial_text_policy(char *text, size_t size, const char *who, const char *call)
{
	return format(text, size, "denied: the profile of %s does not allow '%s' (the policy service decides)",
	              who, call);
}
