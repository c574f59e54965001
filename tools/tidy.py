#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""tidy.py ARCH: clang's static analyzer and bug finders over kernel, library and programs.

Bug finders only, no style: what is reported should be looked at.
"""
import concurrent.futures
import os
import subprocess
import sys

import tree

CHECKS = "-*,clang-analyzer-*,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling," \
         "bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier," \
         "-bugprone-macro-parentheses,-bugprone-suspicious-include,-bugprone-narrowing-conversions," \
         "-bugprone-assignment-in-if-condition,-bugprone-implicit-widening-of-multiplication-result"


def tidy(path, arch):
    roots = [f"-I{folder}" for folder in tree.include_roots(path, arch)]
    if path.startswith("lib/"):  # what wraps third-party sources sees their headers
        roots += ["-Ilib/third-party", "-Ilib/third-party/GFp", "-isystem", "build/third-party"]
    result = subprocess.run(["clang-tidy-19", "--quiet", f"--checks={CHECKS}", path, "--",
                             f"--target={arch}-unknown-none-elf", "-std=gnu11", "-ffreestanding", "-nostdlibinc",
                             "-DTIER_POLICY=TIER_STANDARD", *roots],
                            cwd=tree.ROOT, capture_output=True, text=True)
    return result.stdout


def main():
    arch = sys.argv[1]
    paths = [path for path in tree.files(".c") if path.startswith(("lib/", "kernel/", f"arch/{arch}/", "user/"))
             and "/test/" not in path]
    warned = 0
    with concurrent.futures.ThreadPoolExecutor(tree.jobs()) as pool:
        for output in pool.map(lambda path: tidy(path, arch), paths):
            warned += "warning:" in output or "error:" in output
            print(output, end="")
    print(f"{len(paths) - warned} passed, {warned} failed")
    return 1 if warned else 0


if __name__ == "__main__":
    sys.exit(main())
