/* SPDX-License-Identifier: MPL-2.0 */
/* Client of proto/console.h. */
#pragma once
#include <os/ipc.h>
#include <proto/console.h>

IFACE_CLIENT(CONSOLE_METHODS)
