/* SPDX-License-Identifier: MPL-2.0 */
/* Client of proto/block.h. */
#pragma once
#include <os/ipc.h>
#include <proto/block.h>

IFACE_CLIENT(BLOCK_METHODS)
