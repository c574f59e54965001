/* SPDX-License-Identifier: MPL-2.0 */
/* Client of proto/keys.h. */
#pragma once
#include <os/ipc.h>
#include <proto/keys.h>

IFACE_CLIENT(KEYS_METHODS)
