#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""size.py [ARCH...]: does each kernel's code keep to its limit?

Counted is .text of build/ARCH/kernel.elf, which is what stays mapped: the code
of boot is given back (docs/kernel/boot.md). One check per architecture; the
last line is `N passed, N failed`.
"""
import os
import sys

import stats
import tree

TEXT_MAX = 96 << 10


def main():
    failed = 0
    arches = sys.argv[1:] or tree.ARCHES
    for arch in arches:
        text = stats.section_sizes(os.path.join(tree.ROOT, "build", arch, "kernel.elf"))["text"]
        failed += text > TEXT_MAX
        print(f"{'FAIL' if text > TEXT_MAX else 'PASS'}  kernel .text on {arch}: {text} of {TEXT_MAX} bytes")
    print(f"{len(arches) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
