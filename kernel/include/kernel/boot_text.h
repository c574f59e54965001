/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Included by the build in front of every file whose code runs only while the
 * kernel boots (BOOT in the Makefile): the whole of it goes where CC_BOOT puts a
 * single function. tools/boot_text.py sees that nothing else refers to it.
 */
#pragma once
#pragma clang section text = ".boot_text"
