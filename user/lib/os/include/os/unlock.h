/* SPDX-License-Identifier: MPL-2.0 */
/* Client of proto/unlock.h. */
#pragma once
#include <os/ipc.h>
#include <proto/unlock.h>

IFACE_CLIENT(UNLOCK_METHODS)
