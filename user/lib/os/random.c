/* SPDX-License-Identifier: MPL-2.0 */
/* The bulk area, where the kernel leaves them, keeps no copy. */
#include <lib/hash.h>
#include <lib/string.h>
#include <os/random.h>

#define AT_ONCE 256u /* as much as one call gives */

status_t random_bytes(void *out, size_t length)
{
	uint8_t *bulk = arch_message_page()->bulk;
	uint8_t *to = out;

	for (size_t done = 0; done < length;) {
		size_t part = length - done < AT_ONCE ? length - done : AT_ONCE;
		status_t status = sys_random_get(part);

		if (status != STATUS_OK)
			return status;
		memcpy(to + done, bulk, part);
		secret_wipe(bulk, part);
		done += part;
	}
	return STATUS_OK;
}
