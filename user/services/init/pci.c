/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which driver may have which PCI device: the manifest's word, told to the device
 * manager around the life of each driver's process. init waits a bounded time; a
 * manager that does not answer is ended and restarted by its policy.
 */
#include "init.h"
#include <os/time.h>
#include <proto/device.h>

_Static_assert(MANIFEST_PCI_IDS_MAX <= DEVICE_IDS_MAX, "an entry fits into a request");
_Static_assert(INIT_BADGE == DEVICE_BADGE_ADMIT, "the device manager knows init by its badge");

static struct child *manager(void)
{
	const struct manifest_entry *entry = manifest_server(&manifest, MANIFEST_DEVICES_ENDPOINT);

	return entry == NULL ? NULL : service_by_name(entry->name);
}

/* GONE: there is nobody to ask. */
static status_t ask(uint32_t method, const void *request, size_t bytes, void *reply, size_t reply_bytes)
{
	struct child *child = manager();

	if (child == NULL || !service_serves(child))
		return STATUS_GONE;
	status_t status = ipc_request(endpoint_find(MANIFEST_DEVICES_ENDPOINT)->client, time_after(DEVICE_ASSIGN_NS),
	                              method, request, bytes, reply, reply_bytes, reply_bytes, NULL);
	if (status == STATUS_TIMED_OUT)
		service_lost(child);
	return status;
}

status_t pci_assign(const struct manifest_entry *entry, uint64_t process)
{
	struct device_assign_req request = {.process = process, .count = entry->pci_id_count};
	struct device_assign_rep reply;

	for (uint32_t i = 0; i < entry->pci_id_count; i++)
		request.ids[i] = (struct device_id){entry->pci_ids[i].vendor, entry->pci_ids[i].device};
	return ask(DEVICE_ASSIGN, &request, sizeof(request), &reply, sizeof(reply));
}

void pci_release(const struct manifest_entry *entry, uint64_t process)
{
	struct device_release_req request = {process};
	struct device_release_rep reply;

	/* A manager that is gone has no device in its books, and stops all of them when it starts. */
	if (entry->device == MANIFEST_DEVICE_PCI)
		(void)!ask(DEVICE_RELEASE, &request, sizeof(request), &reply, sizeof(reply));
}
