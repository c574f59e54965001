#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""abi_dump.py [--write]: the layout of everything in abi/, per architecture.

Asks clang for the offset and size of every structure, adds the numbers in the .def tables,
and compares with abi/golden/ARCH.txt (--write: replaces it). All architectures
must agree byte for byte: one bundle format, one protocol, one manual.
"""
import os
import re
import subprocess
import sys

import tree

RECORD = re.compile(r"\*\*\* Dumping AST Record Layout\n(.*?)(?=\n\*\*\*|\Z)", re.DOTALL)


def headers():
    return [path for path in tree.files(".h") if path.startswith("abi/include/")]


def layouts(arch):
    """Lines of clang's layout dump for the structures of abi/, sorted by name."""
    source = "".join(f"#include <{os.path.relpath(path, 'abi/include')}>\n" for path in headers())
    result = subprocess.run(["clang-19", f"--target={arch}-unknown-none-elf", "-std=gnu11", "-ffreestanding",
                             "-nostdlibinc", "-Iabi/include", "-fsyntax-only", "-Xclang",
                             "-fdump-record-layouts-complete", "-x", "c", "-"],
                            cwd=tree.ROOT, input=source, capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(result.stderr)
    records = {}
    for match in RECORD.finditer(result.stdout):
        lines = [line.rstrip() for line in match.group(1).splitlines() if line.strip()]
        # clang names unnamed types after their place in a file; the place is not part of the contract
        lines = [re.sub(r"\((unnamed|anonymous)[^)]*\)", "(unnamed)", line) for line in lines]
        if "__" not in lines[0] + lines[1]:  # the compiler's own
            records[lines[0].split("|")[1].strip()] = lines
    return [line for name in sorted(records) for line in records[name] + [""]]


def numbers():
    """Every row of the .def tables: what it is called and the numbers it has."""
    lines = []
    for path in tree.files(".def"):
        if not path.startswith("abi/include/"):
            continue
        for row in re.finditer(r"^([A-Z_]+)\(((?:[^()\"]|\([^()]*\)|\"[^\"]*\")*)\)", tree.read(path), re.MULTILINE):
            fields = re.sub(r',?\s*"[^"]*"\s*$', "", row.group(2))
            lines.append(f"{os.path.basename(path)} {row.group(1)} {fields}")
    return lines


def dump(arch):
    return "\n".join(layouts(arch) + numbers()) + "\n"


def first_difference(golden, found):
    golden, found = golden.splitlines(), found.splitlines()
    for number, (old, new) in enumerate(zip(golden, found), 1):
        if old != new:
            return f"line {number}: recorded `{old.strip()}`, now `{new.strip()}`"
    return f"{len(golden)} lines recorded, now {len(found)}"


def compare(arch, found):
    path = f"abi/golden/{arch}.txt"
    if not os.path.exists(os.path.join(tree.ROOT, path)):
        yield f"{path} is missing; `make abi-golden` writes it"
        return
    golden = tree.read(path)
    if golden != found:
        yield f"{path}: {first_difference(golden, found)}; if that is meant, `make abi-golden`"


def main():
    found = {arch: dump(arch) for arch in tree.ARCHES}
    if sys.argv[1:] == ["--write"]:
        for arch, text in found.items():
            with open(os.path.join(tree.ROOT, f"abi/golden/{arch}.txt"), "w", encoding="utf-8") as file:
                file.write(text)
        return 0
    verdicts = tree.Verdicts()
    for arch, text in found.items():
        verdicts.check(f"abi: layouts of {arch} are the recorded ones", compare(arch, text))
    different = [arch for arch in tree.ARCHES if found[arch] != found[tree.ARCHES[0]]]
    verdicts.check("abi: layouts are the same everywhere",
                   [f"{arch} differs from {tree.ARCHES[0]}: {first_difference(found[tree.ARCHES[0]], found[arch])}"
                    for arch in different])
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
