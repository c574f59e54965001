/* SPDX-License-Identifier: MPL-2.0 */
/* Client of proto/device.h. */
#pragma once
#include <os/ipc.h>
#include <proto/device.h>

IFACE_CLIENT(DEVICE_METHODS)
