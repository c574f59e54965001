/* SPDX-License-Identifier: MPL-2.0 */
/* The table of abi/status.def as sentences and names. */
#include <os/status.h>

const char *status_sentence(status_t status)
{
	switch (status) {
#define STATUS(name, value, sentence)                                                                      \
	case STATUS_##name: return sentence;
#include <abi/status.def>
#undef STATUS
	}
	return "an unknown status";
}

const char *status_name(status_t status)
{
	switch (status) {
#define STATUS(name, value, sentence)                                                                      \
	case STATUS_##name: return #name;
#include <abi/status.def>
#undef STATUS
	}
	return "?";
}
