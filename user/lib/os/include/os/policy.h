/* SPDX-License-Identifier: MPL-2.0 */
/* Client of proto/policy.h. */
#pragma once
#include <os/ipc.h>
#include <proto/policy.h>

IFACE_CLIENT(POLICY_METHODS)
