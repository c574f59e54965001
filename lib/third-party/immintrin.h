/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* BLAKE3's sources include this where there are vector registers. Its portable form, which is ours, needs nothing of it. */
#pragma once
