/* SPDX-License-Identifier: MPL-2.0 */
/* One status type for the kernel, the library and every protocol. */
#pragma once
#include <abi/cc.h>

enum status {
#define STATUS(name, value, sentence) STATUS_##name = (value),
#include <abi/status.def>
#undef STATUS
};
typedef enum status status_t;
