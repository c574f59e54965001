/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What third-party sources ask of <string.h>, in the freestanding build: the library's own functions. */
#pragma once
#include <lib/string.h>
